# SPDX-License-Identifier: Apache-2.0
"""Take in what comes over ROS, as long as a tool wants to; its end is a Ctrl-C to the tool."""

import time

from rclpy.executors import SingleThreadedExecutor

from mobilenet_perception.interrupts import held_interrupts

# Ctrl-C does not wake rclpy: for so long it may go unnoticed.
_LONGEST_S = 0.1


def spin_for(executor: SingleThreadedExecutor, seconds: float) -> None:
    """Take in what comes for so long.

    Raises:
        KeyboardInterrupt: Ctrl-C.
    """
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        spin_once(executor, left)


def spin_once(executor: SingleThreadedExecutor, timeout_s: float) -> None:
    """Take in one thing, if it comes within the time-out or a tenth of a second.

    Raises:
        KeyboardInterrupt: Ctrl-C.
    """
    with held_interrupts():
        executor.spin_once(timeout_sec=min(timeout_s, _LONGEST_S))
