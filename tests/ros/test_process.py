# SPDX-License-Identifier: Apache-2.0
"""However often Ctrl-C meets a tool that listens, it arrives as Ctrl-C."""

import signal
import subprocess
import sys
import time

import pytest

from tests.support import ROOT

rclpy = pytest.importorskip('rclpy', reason='needs rclpy: ROS 2 or its wheels')

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue  # noqa: E402
from rclpy.executors import SingleThreadedExecutor  # noqa: E402

from mobilenet_perception.ros.interrupts import handled_interrupts  # noqa: E402
from mobilenet_perception.ros.process import spin_for  # noqa: E402

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


@pytest.mark.usefixtures('each_executor')
@pytest.mark.parametrize('how', [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize('ignored', [False, True])
def test_a_node_that_nothing_wakes_is_ended_by_a_signal_and_can_still_speak(
    how: signal.Signals, ignored: bool, environment: dict[str, str]
) -> None:
    code = (
        'import sys\n'
        'from rclpy.node import Node\n'
        'from mobilenet_perception.ros.process import run_node\n'
        'def make():\n'
        '    return Node("idle", enable_rosout=False, start_parameter_services=False)\n'
        'sys.exit(run_node(\n'
        '    "idle", make, [],\n'
        '    start=lambda node: print("at work", flush=True) or True,\n'
        '    close=lambda node: print("ROS is there:", node.context.ok(), flush=True),\n'
        '))\n'
    )
    # As a shell does for what runs in its background.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN if ignored else signal.SIG_DFL)
    try:
        node = subprocess.Popen(
            [sys.executable, '-c', code], env=environment, cwd=ROOT, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
    finally:
        signal.signal(signal.SIGINT, before)
    try:
        assert node.stdout is not None and node.stdout.readline() == 'at work\n'
        time.sleep(0.2)  # it waits
        node.send_signal(how)
        said, errors = node.communicate(timeout=60.0)
    finally:
        node.kill()
    assert (node.returncode, said, errors) == (0, 'ROS is there: True\n', '')


def test_a_node_keeps_nothing_of_what_comes(environment: dict[str, str]) -> None:
    code = (
        'import gc, os, signal, sys\n'
        'from rclpy.node import Node\n'
        'from mobilenet_perception.ros.process import run_node\n'
        'class Busy(Node):\n'
        '    turns, counts = 0, []\n'
        '    def turn(self):\n'
        '        self.turns += 1\n'
        '        if self.turns % 500 == 0:\n'
        '            gc.collect()\n'
        '            self.counts.append(len(gc.get_objects()))\n'
        '        if len(self.counts) == 3:\n'
        '            print(self.counts[2] - self.counts[1])\n'
        '            os.kill(os.getpid(), signal.SIGINT)\n'
        'def make():\n'
        '    node = Busy("busy")\n'
        '    node.create_timer(0.001, node.turn)\n'
        '    return node\n'
        'sys.exit(run_node("busy", make, []))\n'
    )
    done = subprocess.run(
        [sys.executable, '-c', code], env=environment, cwd=ROOT, text=True,
        capture_output=True, timeout=120.0, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, '')
    # A callback for each of 500 turns would be 1,500 objects: itself, its cell, their tuple.
    assert abs(int(done.stdout.splitlines()[0])) < 100
