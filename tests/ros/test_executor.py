# SPDX-License-Identifier: Apache-2.0
"""Which executor a node runs on, and that each calls back, ends when told to, and keeps nothing.

Tests that use the fixture `each_executor` run the nodes on each.
"""

import sys
import threading
import time
from contextlib import suppress
from typing import Any

import pytest

rclpy = pytest.importorskip('rclpy', reason='needs rclpy: ROS 2 or its wheels')

from rclpy.clock import Clock, ClockType  # noqa: E402
from rclpy.impl import implementation_singleton  # noqa: E402
from rclpy.qos import QoSProfile  # noqa: E402
from rclpy.task import Future  # noqa: E402
from std_msgs.msg import String  # noqa: E402

from mobilenet_perception.errors import PerceptionError  # noqa: E402
from mobilenet_perception.ros.executor import (  # noqa: E402
    EVENTS,
    SINGLE_THREADED,
    VARIABLE,
    create_executor,
    executor_name,
    spin_until,
)
from mobilenet_perception.ros.losses import subscribe_counting  # noqa: E402


def test_it_is_the_one_named() -> None:
    assert executor_name({VARIABLE: SINGLE_THREADED}) == SINGLE_THREADED
    with pytest.raises(PerceptionError, match='choose one of events, single_threaded'):
        executor_name({VARIABLE: 'multi_threaded'})


def test_events_are_left_where_rclpy_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, 'rclpy.experimental.events_executor', None)
    assert executor_name({}) == SINGLE_THREADED
    with pytest.raises(PerceptionError, match='set it to single_threaded'):
        executor_name({VARIABLE: EVENTS})


def test_the_first_of_rclpy_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip('rclpy.experimental.events_executor', reason='needs a newer rclpy')

    class First:
        """Of rclpy 7.1.4: it had no `get_nodes`, and handled SIGINT and SIGTERM by itself."""

    kind = implementation_singleton.rclpy_implementation
    monkeypatch.setattr(kind, 'EventsExecutor', First)
    assert executor_name({}) == SINGLE_THREADED


@pytest.fixture
def executor(each_executor: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """One of each kind, in this process."""
    monkeypatch.setenv(VARIABLE, each_executor)
    return create_executor()


def test_it_calls_back_until_told_to_end(executor: Any) -> None:
    node = rclpy.create_node('talker')
    executor.add_node(node)
    heard: list[str] = []
    ended: Future = Future()
    publisher = node.create_publisher(String, 'talk', 10)
    node.create_subscription(String, 'talk', lambda message: heard.append(message.data), 10)
    # From another thread, while nothing comes: the wait is left all the same.
    end = threading.Timer(0.5, ended.set_result, [None])

    def talk() -> None:
        publisher.publish(String(data='a word'))
        if len(heard) >= 50:
            node.destroy_timer(timer)
            end.start()

    # Simulation time may stand still; this clock may not.
    timer = node.create_timer(0.005, talk, clock=Clock(clock_type=ClockType.STEADY_TIME))
    spin_until(executor, ended)
    assert len(heard) >= 50
    # Some rclpys note with each callback whom to tell of the end, and so grow day by day.
    assert len(ended._callbacks) <= 1
    executor.shutdown()
    node.destroy_node()


def test_subscriptions_come_and_go_amid_messages(executor: Any) -> None:
    node = rclpy.create_node('listener')
    executor.add_node(node)
    publisher = node.create_publisher(String, 'talk', 10)
    ended: Future = Future()
    heard: list[Any] = []
    lost: list[int] = []
    subscriptions: list[Any] = []
    turns = 0

    def turn() -> None:
        nonlocal turns
        turns += 1
        node.destroy_subscription(subscriptions.pop())
        subscriptions.append(subscribe())
        publisher.publish(String(data='a word'))
        if turns == 300:
            ended.set_result(None)

    def subscribe() -> Any:
        qos = QoSProfile(depth=10)
        return subscribe_counting(node, String, 'talk', heard.append, qos, lost.append)[0]

    subscriptions.append(subscribe())
    node.create_timer(0.002, turn)
    spin_until(executor, ended)
    assert turns == 300
    executor.shutdown()
    node.destroy_node()


def test_it_leaves_when_ros_has_ended(executor: Any) -> None:
    node = rclpy.create_node('idle')
    executor.add_node(node)
    end = threading.Timer(0.3, rclpy.shutdown)
    end.start()
    started = time.monotonic()
    # Some rclpys say it by an exception.
    with suppress(rclpy.executors.ExternalShutdownException):
        spin_until(executor, Future())
    assert time.monotonic() - started < 30.0
    end.join()
