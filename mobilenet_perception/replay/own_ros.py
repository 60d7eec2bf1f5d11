# SPDX-License-Identifier: Apache-2.0
"""A ROS domain of our own, for the processes that a command starts."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.ros_environment import ros_environment


@contextmanager
def own_ros() -> Iterator[dict[str, str]]:
    """Set up a ROS domain of our own in this process; SIGTERM ends it as Ctrl-C does.

    Raises:
        PerceptionError: ROS 2 is not here.
    """
    environment = ros_environment()
    before = dict(os.environ)
    os.environ.update(environment)

    def end(number: int, frame: Any) -> None:
        raise KeyboardInterrupt

    handler = signal.signal(signal.SIGTERM, end)
    try:
        require_ros()
        yield environment
    finally:
        signal.signal(signal.SIGTERM, handler)
        os.environ.clear()
        os.environ.update(before)


def require_ros() -> None:
    """Raise PerceptionError if ROS 2 is not here."""
    try:
        import rclpy  # noqa: F401, PLC0415
        import vision_msgs.msg  # noqa: F401, PLC0415
    except ImportError as error:
        raise PerceptionError(
            f'this needs ROS 2, and {error.name or error} is not here: run `make setup`, or '
            'source a ROS 2 installation that has vision_msgs'
        ) from None
