# SPDX-License-Identifier: Apache-2.0
"""Take in what comes over ROS, as long as a tool wants to; its end is a Ctrl-C to the tool."""

import time

from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor


def spin_for(executor: SingleThreadedExecutor, seconds: float) -> None:
    """Take in what comes for so long.

    Raises:
        KeyboardInterrupt: ROS was shut down.
    """
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        spin_once(executor, left)


def spin_once(executor: SingleThreadedExecutor, timeout_s: float) -> None:
    """Take in one thing, if it comes within the time-out.

    Raises:
        KeyboardInterrupt: ROS was shut down.
    """
    try:
        executor.spin_once(timeout_sec=timeout_s)
    except ExternalShutdownException:
        raise KeyboardInterrupt from None
