# SPDX-License-Identifier: Apache-2.0
"""A tool among ROS nodes: join them, and take in what comes; a Ctrl-C is the tool's to handle."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions

from mobilenet_perception.interrupts import held_interrupts

# Ctrl-C does not wake rclpy: for so long it may go unnoticed.
_LONGEST_S = 0.1


@contextmanager
def joined_ros() -> Iterator[None]:
    """Be in the ROS domain of this process's environment; no signal is rclpy's."""
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    try:
        yield
    finally:
        rclpy.try_shutdown()


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
