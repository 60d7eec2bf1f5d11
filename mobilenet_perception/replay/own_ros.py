# SPDX-License-Identifier: Apache-2.0
"""ROS for a command: in a domain of its own, for processes that it starts, or in the user's."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.interrupts import handled_interrupts
from mobilenet_perception.own_domain import own_domain
from mobilenet_perception.ros_environment import ros_environment


@contextmanager
def own_ros() -> Iterator[dict[str, str]]:
    """Set up a ROS domain of our own in this process; SIGTERM ends it as Ctrl-C does.

    Raises:
        PerceptionError: ROS 2 is not here, or all domains are in use.
    """
    with own_domain() as domain, _ros(ros_environment(domain)) as environment:
        yield environment


@contextmanager
def users_ros() -> Iterator[dict[str, str]]:
    """Take part in the user's ROS domain; SIGTERM ends it as Ctrl-C does.

    Raises:
        PerceptionError: ROS 2 is not here, or ROS_DOMAIN_ID is no domain.
    """
    domain = os.environ.get('ROS_DOMAIN_ID') or '0'
    if not domain.isdecimal():
        raise PerceptionError(f'ROS_DOMAIN_ID is {domain}: choose a number from 0 to 232')
    with _ros(ros_environment(int(domain), localhost=False)) as environment:
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
