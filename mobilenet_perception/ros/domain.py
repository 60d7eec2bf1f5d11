# SPDX-License-Identifier: Apache-2.0
"""The ROS domain of a command: one of its own, for processes that it starts, or the user's.

A domain of its own is one that no other process of this machine uses, and is held as long as it
is needed.
"""

import os
import random
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.ros.environment import ros_environment
from mobilenet_perception.ros.interrupts import handled_interrupts
from mobilenet_perception.ros.start import read_domain

# Domains whose ports lie below those that Linux hands out to clients (32768 and up); 0 is
# everybody's default, and is left to them.
_DOMAINS = range(1, 102)

# Of the 250 ports of a domain (RTPS specification, 9.6.2.3), counted from its first: 0 is
# discovery multicast, 10 discovery unicast of the first participant. 2 to 9 are nobody's: by
# one of them processes that have no participant yet, or none any more, know of each other.
_RESERVED = 5


@contextmanager
def isolated_domain() -> Iterator[int]:
    """Hold a ROS domain in which no process of this machine takes part, drawn by chance.

    Until it is left, or this process ends, no other draw on this machine gives the same.

    Raises:
        PerceptionError: all domains from 1 to 101 are in use.
    """
    domains = list(_DOMAINS)
    random.SystemRandom().shuffle(domains)
    for domain in domains:
        with _udp_socket() as held:
            if _binds(held, domain, _RESERVED) and not _has_participants(domain):
                yield domain
                return
    raise PerceptionError('all ROS domains from 1 to 101 are in use: end some ROS processes')


@contextmanager
def isolated_ros() -> Iterator[dict[str, str]]:
    """Set up a ROS domain of our own in this process; SIGTERM ends it as Ctrl-C does.

    Raises:
        PerceptionError: ROS 2 is not here, or all domains are in use.
    """
    with isolated_domain() as domain, _ros(ros_environment(domain)) as environment:
        yield environment


@contextmanager
def user_domain() -> Iterator[dict[str, str]]:
    """Take part in the user's ROS domain; SIGTERM ends it as Ctrl-C does.

    Raises:
        PerceptionError: ROS 2 is not here, or ROS_DOMAIN_ID is no domain.
    """
    domain = read_domain(os.environ)
    with _ros(ros_environment(domain, localhost=False)) as environment:
        yield environment


@contextmanager
def _ros(environment: dict[str, str]) -> Iterator[dict[str, str]]:
    before = dict(os.environ)
    os.environ.update(environment)
    try:
        with handled_interrupts(signal.SIGINT, signal.SIGTERM):
            try:
                import rclpy  # noqa: F401, PLC0415
                import vision_msgs.msg  # noqa: F401, PLC0415
            except ImportError as error:
                raise PerceptionError(
                    f'this needs ROS 2, and {error.name or error} is not here: run `make setup`, '
                    'or source a ROS 2 installation that has vision_msgs'
                ) from None
            yield environment
    finally:
        os.environ.clear()
        os.environ.update(before)


def _has_participants(domain: int) -> bool:
    with _udp_socket() as multicast, _udp_socket() as unicast:
        return not (_binds(multicast, domain, 0) and _binds(unicast, domain, 10))


def _udp_socket() -> socket.socket:
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


def _binds(probe: socket.socket, domain: int, offset: int) -> bool:
    try:
        probe.bind(('', 7400 + 250 * domain + offset))
    except OSError:
        return False
    return True
