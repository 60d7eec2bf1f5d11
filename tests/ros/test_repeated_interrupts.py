# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C that comes again and again, as from `ros2 launch` and impatient hands, kills nothing."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from tests.support import ROOT

pytest.importorskip('rclpy', reason='needs rclpy: ROS 2 or its wheels')

PATIENCE_S = 60.0
# How a program is started, a word that it says once it is at work, and its documented status.
PROGRAMS = {
    'classifier': (['mobilenet_perception.ros.classifier'], 'camera camera:', 0),
    'advisor': (['mobilenet_perception.ros.advisor'], '', 0),
    'driver': (['mobilenet_perception.tools.simulate.ros.driver'], '', 0),
    'drawn simulator': (['mobilenet_perception.tools.simulate.ros.drawn_simulator'], '', 0),
    'player': (['mobilenet_perception.tools.replay.ros.player', 'drive'], '', 130),
    'resume': (['mobilenet_perception.tools.replay.ros.resume'], '', 130),
    'watch': (['mobilenet_perception', 'watch'], '!', 0),
    'doctor': (['mobilenet_perception', 'doctor', '--seconds', '60'], '', 130),
    'replay': (['mobilenet_perception', 'replay', 'drive', '--ros'], '', 130),
    'demo': (['mobilenet_perception', 'replay', 'drive'], '', 130),
}
# Where a program says nothing before: so long after its start it is at work. On a machine under
# load it may still be importing then: first it takes part in ROS, but for one that never does.
_AT_WORK_S = 4.0
_WITHOUT_ROS = 'demo'


class Program:
    """A program in another process, and what it says."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.said = ''
        self.process = subprocess.Popen(
            [sys.executable, '-u', '-m', *command], env=environment, cwd=ROOT, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def wait_until_at_work(self, name: str, word: str) -> None:
        """Wait for a word, or for a while."""
        start_s = time.monotonic()
        while not (word in self.said if word else self._is_at_work(name, start_s)):
            assert self.process.poll() is None, self.said
            assert time.monotonic() < start_s + PATIENCE_S, self.said
            time.sleep(0.05)

    def interrupt(self, gap_s: float) -> int:
        """Send SIGINT again and again until it has ended; return its status."""
        end_s = time.monotonic() + PATIENCE_S
        while self.process.poll() is None and time.monotonic() < end_s:
            self.process.send_signal(signal.SIGINT)
            time.sleep(gap_s)
        status = self.process.wait(1.0)
        self._reader.join()
        return status

    def _is_at_work(self, name: str, start_s: float) -> bool:
        if time.monotonic() < start_s + _AT_WORK_S:
            return False
        sockets = psutil.Process(self.process.pid).net_connections('udp')
        return name == _WITHOUT_ROS or bool(sockets)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line


@pytest.mark.parametrize(
    ('name', 'gap_s'),
    [*((name, 0.02) for name in PROGRAMS), ('classifier', 0.005), ('classifier', 0.12),
     ('classifier', 0.33), ('watch', 0.12)],
)  # fmt: skip
def test_a_program_ends_as_documented(
    environment: dict[str, str], name: str, gap_s: float, tmp_path: Path
) -> None:
    command, word, status = PROGRAMS[name]
    program = Program(command, {**environment, 'TMPDIR': str(tmp_path)})
    try:
        program.wait_until_at_work(name, word)
        ended = program.interrupt(gap_s)
    finally:
        program.process.kill()
    assert ended == status, program.said
    assert 'Traceback' not in program.said and 'Exception ignored' not in program.said


@pytest.mark.usefixtures('each_executor')
def test_the_node_ends_in_order_on_each_executor(
    environment: dict[str, str], tmp_path: Path
) -> None:
    test_a_program_ends_as_documented(environment, 'classifier', 0.02, tmp_path)


def in_a_process(code: str) -> subprocess.CompletedProcess[str]:
    """Run code that ends a program."""
    head = (
        'import os, signal, sys, time\n'
        'from mobilenet_perception.ros.interrupts import run_program\n'
        'def again(seconds=0.0):\n'
        '    time.sleep(seconds)\n'
        '    os.kill(os.getpid(), signal.SIGINT)\n'
    )
    return subprocess.run(
        [sys.executable, '-c', head + code], capture_output=True, text=True, timeout=PATIENCE_S,
        check=False, cwd=ROOT, env=dict(os.environ),
    )  # fmt: skip


def test_one_that_comes_soon_after_another_is_the_same() -> None:
    code = (
        'def main():\n'
        '    try:\n'
        '        again()\n'
        '    except KeyboardInterrupt:\n'
        '        again(); again()\n'
        '        print("tidied up")\n'
        '        return 7\n'
        'status = run_program(main)\n'
        'again()\n'
        'sys.exit(status)\n'
    )
    done = in_a_process(code)
    assert (done.returncode, done.stdout, done.stderr) == (7, 'tidied up\n', '')


def test_a_second_one_that_is_meant_ends_a_tool() -> None:
    code = (
        'def main():\n'
        '    try:\n'
        '        again()\n'
        '    except KeyboardInterrupt:\n'
        '        again(1.1)\n'
        '        print("not reached")\n'
        'sys.exit(run_program(main))\n'
    )
    done = in_a_process(code)
    assert (done.returncode, done.stdout, done.stderr) == (130, '', '')


def test_an_error_becomes_a_sentence() -> None:
    code = (
        'from mobilenet_perception.errors import PerceptionError\n'
        'def main():\n'
        '    raise PerceptionError("no camera: plug one in")\n'
        'sys.exit(run_program(main))\n'
    )
    done = in_a_process(code)
    assert (done.returncode, done.stderr) == (1, 'error: no camera: plug one in\n')


def test_one_that_is_ignored_stays_so() -> None:
    code = (
        'signal.signal(signal.SIGINT, signal.SIG_IGN)\n'
        'def main():\n'
        '    again()\n'
        '    return 3\n'
        'sys.exit(run_program(main))\n'
    )
    assert in_a_process(code).returncode == 3
