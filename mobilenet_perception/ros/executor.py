# SPDX-License-Identifier: Apache-2.0
"""The executor of a node: it calls back as messages, requests, events and timers come.

`events`, rclpy's EventsExecutor, is told by the middleware what came: a callback costs it a few
hundredths of a millisecond of processor time, and the interpreter is free as soon as it has ended.
`single_threaded` is in every rclpy; it builds a wait set of everything anew for each callback,
which costs several tenths.
"""

import os
import time
from collections.abc import Mapping
from typing import Any

from rclpy.executors import SingleThreadedExecutor
from rclpy.task import Future

from mobilenet_perception.errors import PerceptionError

EVENTS, SINGLE_THREADED = 'events', 'single_threaded'
EXECUTORS = (EVENTS, SINGLE_THREADED)
# The environment variable that names one, for a middleware that does not get on with the other.
VARIABLE = 'MOBILENET_PERCEPTION_EXECUTOR'
# Where ROS is built for an older C library, a wait of `events` without a limit never ends.
_EVENTS_WAIT_S = 60.0
# So long `single_threaded` may not notice that the node is to end.
_WAIT_S = 0.1
# What leaves the interpreter to another thread.
_HAND_OVER_S = 5e-5


def executor_name(environment: Mapping[str, str] = os.environ) -> str:
    """Return which executor a node runs on here: that named, else `events` where it works.

    Raises:
        PerceptionError: what is named is none, or does not work with this rclpy.
    """
    named = environment.get(VARIABLE, '')
    if named not in ('', *EXECUTORS):
        raise PerceptionError(f'{VARIABLE} is {named}: choose one of {", ".join(EXECUTORS)}')
    works = _events_executor() is not None
    if named == EVENTS and not works:
        raise PerceptionError(
            f'{VARIABLE} is {EVENTS}, which this rclpy has not, or not yet without faults: unset '
            f'it, or set it to {SINGLE_THREADED}'
        )
    return named or (EVENTS if works else SINGLE_THREADED)


def create_executor() -> Any:
    """Return an executor of rclpy's.

    Raises:
        PerceptionError: there is none of that name; see `executor_name`.
    """
    return _events_executor()() if executor_name() == EVENTS else SingleThreadedExecutor()


def spin_until(executor: Any, ended: Future) -> None:
    """Call back until a future is done, which any thread may say, or ROS has ended."""
    single_threaded = isinstance(executor, SingleThreadedExecutor)
    while not ended.done() and executor.context.ok():
        if not single_threaded:
            executor.spin_until_future_complete(ended, _EVENTS_WAIT_S)
            continue
        # Not as above: for each callback rclpy would note once more whom to tell of the end.
        executor.spin_once(timeout_sec=_WAIT_S)
        # A worker that a callback woke would else wait for the interpreter until the next wait
        # set is built.
        time.sleep(_HAND_OVER_S)


def _events_executor() -> Any:
    """Return the class; None where rclpy has none, or the first, which took signals to itself."""
    try:
        from rclpy.experimental.events_executor import EventsExecutor  # noqa: PLC0415
        from rclpy.impl import implementation_singleton  # noqa: PLC0415
    except ImportError:
        return None
    kind = implementation_singleton.rclpy_implementation.EventsExecutor
    return EventsExecutor if hasattr(kind, 'get_nodes') else None
