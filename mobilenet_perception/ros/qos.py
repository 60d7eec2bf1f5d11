# SPDX-License-Identifier: Apache-2.0
"""QoS compatibility: whether a subscriber gets what a publisher offers, and why it does not.

Source: the ROS 2 documentation, About Quality of Service settings, QoS compatibilities. By the
other policies named there a camera's subscribers request nothing. No ROS is imported.
"""

import re
from typing import Any, NamedTuple, Protocol

RELIABLE, BEST_EFFORT = 'reliable', 'best_effort'
TRANSIENT_LOCAL, VOLATILE = 'transient_local', 'volatile'
# By policy: what is offered and what is requested, where the two do not match.
_INCOMPATIBLE = {
    'reliability': (BEST_EFFORT, RELIABLE),
    'durability': (VOLATILE, TRANSIENT_LOCAL),
}


# A parameter by which ROS lets users set a policy of a topic, and what may be set.
_OVERRIDE = re.compile(r'qos_overrides\..+\.(?:subscription|publisher)\w*\.(\w+)\Z')
_CHOICES = {
    'history': ('keep_last', 'keep_all', 'system_default'),
    'reliability': (RELIABLE, BEST_EFFORT, 'system_default', 'best_available'),
    'durability': (VOLATILE, TRANSIENT_LOCAL, 'system_default', 'best_available'),
}


class HasPolicies(Protocol):
    """Anything with the two policies that decide."""

    @property
    def reliability(self) -> str:
        """`reliable` or `best_effort`, offered or requested."""

    @property
    def durability(self) -> str:
        """`transient_local` or `volatile`."""


class Policies(NamedTuple):
    """The policies that decide; see `HasPolicies`."""

    reliability: str
    durability: str


class Mismatch(NamedTuple):
    """A policy by which no message gets from a publisher to a subscriber."""

    policy: str
    offered: str
    requested: str


def override_refusal(name: str, value: Any) -> str:
    """Say why a parameter's value cannot override a topic's QoS; empty: it can, or is of else."""
    found = _OVERRIDE.match(name)
    policy = found[1] if found else ''
    if policy == 'depth' and (type(value) is not int or value < 0):
        return f'{name} must be a whole number from 0; it is {value!r}'
    choices = _CHOICES.get(policy, ())
    if choices and not (isinstance(value, str) and value.lower() in choices):
        return f'{name} must be one of {", ".join(choices)}; it is {value!r}'
    return ''


def policies(profile: Any) -> Policies:
    """Return the policies of an `rclpy.qos.QoSProfile`."""
    return Policies(profile.reliability.name.lower(), profile.durability.name.lower())


def mismatches(publisher: HasPolicies, subscriber: HasPolicies) -> list[Mismatch]:
    """Return the policies by which no message gets from one to the other."""
    return [
        Mismatch(policy, offered, requested)
        for policy, (offered, requested) in _INCOMPATIBLE.items()
        if getattr(publisher, policy) == offered and getattr(subscriber, policy) == requested
    ]


def incompatibility(publisher: Any, subscriber: Any) -> str:
    """Say why no message gets from one `QoSProfile` to another; empty when they match."""
    return ', '.join(
        f'{policy}: {offered} is offered and {requested} is requested'
        for policy, offered, requested in mismatches(policies(publisher), policies(subscriber))
    )
