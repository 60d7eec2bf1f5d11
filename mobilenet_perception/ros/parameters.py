# SPDX-License-Identifier: Apache-2.0
"""Parameters of a ROS node: declared from their specifications, and read back in their types."""

from collections.abc import Mapping
from typing import Any

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.node import Node

from mobilenet_perception.pipeline.parameters import Specification

# By the type of a parameter's default: what its values come as.
_NEAR: Mapping[type, tuple[type, ...]] = {float: (int, float), list: (list, tuple)}


def declare_parameters(node: Node, specifications: Mapping[str, Specification]) -> None:
    """Declare what is not yet declared."""
    for name, specification in specifications.items():
        if not node.has_parameter(name):
            node.declare_parameter(name, specification.default, descriptor(specification))


def read_parameters(node: Node, specifications: Mapping[str, Specification]) -> dict[str, Any]:
    """Return the values of parameters, each of the type of its default."""
    return {
        name: typed_value(node.get_parameter(name).value, specification)
        for name, specification in specifications.items()
    }


def typed_value(value: Any, specification: Specification) -> Any:
    """Return a parameter's value in the type of its default: 50 as 50.0, an array as a list."""
    kind = type(specification.default)
    return kind(value) if kind in (float, list) and isinstance(value, _NEAR[kind]) else value


def descriptor(specification: Specification) -> ParameterDescriptor:
    """Describe a parameter to tools.

    Types are dynamic, since a static type refuses `50` for `50.0` and has no empty list; the
    node's own check says what is allowed in better words.
    """
    described = ParameterDescriptor(
        description=specification.description,
        additional_constraints=', '.join(
            [
                *(['one of: ' + ' '.join(specification.choices)] if specification.choices else []),
                *([] if specification.at_run_time else ['only while unconfigured']),
            ]
        ),
        dynamic_typing=True,
    )
    low, high = specification.minimum, specification.maximum
    if low is not None and high is not None:
        if isinstance(specification.default, float):
            described.floating_point_range = [FloatingPointRange(from_value=low, to_value=high)]
        else:
            described.integer_range = [IntegerRange(from_value=int(low), to_value=int(high))]
    return described
