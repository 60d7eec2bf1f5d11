# SPDX-License-Identifier: Apache-2.0
"""The process of a ROS node: its start, its end and its clock; and of a tool among ROS nodes.

A node's process ends by a signal, in order; of a tool a Ctrl-C is its own to handle.
"""

import math
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, TypeVar

import rclpy
from rclpy.exceptions import ParameterException
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.logging import get_logger
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from rclpy.task import Future

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.pipeline.timing import SystemClock
from mobilenet_perception.ros.executor import create_executor, spin_until
from mobilenet_perception.ros.interrupts import announced_ends, held_interrupts, run_program
from mobilenet_perception.ros.start import start_failure, start_ros

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
    """Run a node until the process is told to end, which is then to exit.

    The first Ctrl-C or SIGTERM ends it in order, and no further one disturbs that. ROS is there
    until `close` has returned, unlike with rclpy's own handlers, by which a last message of a
    node gets lost, and a signal too that comes between two waits of its executor.

    Args:
        name: under which the reason is logged if it cannot go on.
        make: makes the node.
        arguments: of the command line; None: those of this process.
        start: called before it spins; false: it could not, and has said why.
        close: called before it is destroyed.

    Returns:
        Exit status: 0; or 1 when it could not go on, the reason having been logged.
    """
    main = partial(_run_ros, name, make, arguments, start, close)
    return run_program(main, interrupted=0, quiet_s=math.inf)


@contextmanager
def joined_ros() -> Iterator[None]:
    """Be in the ROS domain of this process's environment; no signal is rclpy's.

    Raises:
        PerceptionError: ROS does not start here.
    """
    start_ros(signal_handler_options=SignalHandlerOptions.NO)
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


def _run_ros(
    name: str,
    make: Callable[[], AnyNode],
    arguments: Sequence[str] | None,
    start: Callable[[AnyNode], bool],
    close: Callable[[AnyNode], object],
) -> int:
    ended: Future = Future()
    try:
        with announced_ends(partial(ended.set_result, None)):
            return _run_joined(name, make, arguments, start, close, ended)
    except KeyboardInterrupt:
        return 0


def _run_joined(
    name: str,
    make: Callable[[], AnyNode],
    arguments: Sequence[str] | None,
    start: Callable[[AnyNode], bool],
    close: Callable[[AnyNode], object],
    ended: Future,
) -> int:
    try:
        start_ros(arguments, signal_handler_options=SignalHandlerOptions.NO)
        return _run(_made(make), start, close, ended)
    except PerceptionError as error:
        get_logger(name).fatal(str(error))
        return 1
    except (KeyboardInterrupt, ExternalShutdownException):
        return 0
    except RuntimeError:  # RCLError: something took the context away during a wait
        if rclpy.ok():
            raise
        return 0
    finally:
        rclpy.try_shutdown()


def _made(make: Callable[[], AnyNode]) -> AnyNode:
    """Make a node.

    Raises:
        PerceptionError: it cannot be made.
    """
    try:
        return make()
    except ParameterException as error:
        # Without rclpy's words around our own.
        reason = str(error).partition(' Reason: ')[2].rpartition(': ')[0]
        raise PerceptionError(reason or str(error)) from None
    except (PerceptionError, ExternalShutdownException):
        raise
    except Exception as error:  # of rclpy: of a name, a time-out of DDS, a clock's QoS
        if not rclpy.ok():
            raise ExternalShutdownException from None
        get_logger('rclpy').debug(traceback.format_exc())
        raise PerceptionError(start_failure(f'{type(error).__name__}: {error}')) from None


def _run(
    node: AnyNode,
    start: Callable[[AnyNode], bool],
    close: Callable[[AnyNode], object],
    ended: Future,
) -> int:
    executor = create_executor()
    executor.add_node(node)
    try:
        if not start(node):
            return 1
        with held_interrupts():
            spin_until(executor, ended)
    finally:
        # A launch file's Ctrl-C comes twice; the second must not cut this short.
        with suppress(KeyboardInterrupt), held_interrupts():
            close(node)
            executor.shutdown(timeout_sec=1.0)
            node.destroy_node()
    return 0
