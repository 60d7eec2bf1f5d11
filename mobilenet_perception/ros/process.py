# SPDX-License-Identifier: Apache-2.0
"""The process of a ROS node: its start, its end and its clock; and of a tool among ROS nodes.

A node's process ends by a signal, in order; of a tool a Ctrl-C is its own to handle.
"""

import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import rclpy
from rclpy.exceptions import ParameterException
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.pipeline.timing import SystemClock
from mobilenet_perception.ros.interrupts import handled_interrupts, held_interrupts

# An `rclpy.node.Node`, which ROS leaves untyped.
AnyNode = TypeVar('AnyNode', bound=Any)
# Ctrl-C does not wake rclpy: for so long it may go unnoticed.
_LONGEST_S = 0.1


class RosClock(SystemClock):
    """Steady time from the machine, stamps' time from the node (simulated if `use_sim_time`)."""

    def __init__(self, node: Node) -> None:
        self._clock = node.get_clock()

    def now_ns(self) -> int:
        """See `Clock.now_ns`."""
        return int(self._clock.now().nanoseconds)


def run_node(
    name: str,
    make: Callable[[], AnyNode],
    arguments: Sequence[str] | None = None,
    *,
    start: Callable[[AnyNode], bool] = lambda node: True,
    close: Callable[[AnyNode], object] = lambda node: None,
) -> int:
    """Run a node until the process is told to end.

    Args:
        name: under which the reason is logged if it cannot go on.
        make: makes the node.
        arguments: of the command line; None: those of this process.
        start: called before it spins; false: it could not, and has said why.
        close: called before it is destroyed.

    Returns:
        Exit status: 0; or 1 when it could not go on, the reason having been logged.
    """
    with handled_interrupts(signal.SIGINT):
        rclpy.init(args=arguments)
        try:
            return _run(make(), start, close)
        except (ParameterException, PerceptionError) as error:
            rclpy.logging.get_logger(name).fatal(str(error))
            return 1
        except (KeyboardInterrupt, ExternalShutdownException):
            return 0
        except RuntimeError:  # RCLError: a signal took the context away during a wait
            if rclpy.ok():
                raise
            return 0
        finally:
            rclpy.try_shutdown()


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


def _run(
    node: AnyNode, start: Callable[[AnyNode], bool], close: Callable[[AnyNode], object]
) -> int:
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    try:
        if not start(node):
            return 1
        # rclpy ends by itself.
        with held_interrupts():
            executor.spin()
    finally:
        # A launch file's Ctrl-C comes twice; the second must not cut this short.
        with suppress(KeyboardInterrupt), held_interrupts():
            close(node)
            executor.shutdown(timeout_sec=1.0)
            node.destroy_node()
    return 0
