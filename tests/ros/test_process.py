# SPDX-License-Identifier: Apache-2.0
"""However often Ctrl-C meets a tool that listens, it arrives as Ctrl-C."""

import signal
import subprocess
import sys
import time

import pytest

rclpy = pytest.importorskip('rclpy', reason='needs rclpy: ROS 2 or its wheels')

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue  # noqa: E402
from rclpy.executors import SingleThreadedExecutor  # noqa: E402

from mobilenet_perception.ros.interrupts import handled_interrupts  # noqa: E402
from mobilenet_perception.ros.process import spin_for  # noqa: E402
from tests.support import ROOT  # noqa: E402

pytestmark = pytest.mark.usefixtures('environment')


def test_interrupts_in_a_stream_of_messages() -> None:
    # Conversion of such a message is long, and an interrupt in it is what rclpy garbles.
    status = DiagnosticStatus(values=[KeyValue(key='key', value='value')] * 50)
    node = rclpy.create_node('listener')
    publisher = node.create_publisher(DiagnosticArray, 'stream', 10)
    heard = 0

    def again(message: DiagnosticArray) -> None:
        nonlocal heard
        heard += 1
        publisher.publish(message)

    node.create_subscription(DiagnosticArray, 'stream', again, 10)
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    publisher.publish(DiagnosticArray(status=[status]))
    interrupts = 0
    with handled_interrupts(signal.SIGALRM):
        for turn in range(500):
            try:
                signal.setitimer(signal.ITIMER_REAL, 0.002 + 0.00001 * turn)
                spin_for(executor, 10.0)
            except KeyboardInterrupt:
                interrupts += 1
    assert interrupts == 500
    assert heard > 100
    node.destroy_node()


def test_a_wait_for_nothing_is_left_soon() -> None:
    executor = SingleThreadedExecutor()
    executor.add_node(rclpy.create_node('idle'))
    start = time.monotonic()
    with handled_interrupts(signal.SIGALRM), pytest.raises(KeyboardInterrupt):
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        spin_for(executor, 30.0)
    assert time.monotonic() - start < 10.0


# As rclpy does on a signal, once the executor that it had woken waits again.
SHUT_DOWN_UNHEARD = """
import sys, threading
from rclpy.node import Node
from mobilenet_perception.ros.process import run_node

def idle():
    node = Node('idle')
    threading.Timer(0.5, node.context.handle.shutdown).start()
    return node

sys.exit(run_node('idle', idle))
"""


def test_a_node_that_hears_nothing_ends_all_the_same(environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, '-c', SHUT_DOWN_UNHEARD], cwd=ROOT, env=environment, timeout=60,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, '')
