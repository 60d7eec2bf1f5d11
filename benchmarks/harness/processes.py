# SPDX-License-Identifier: Apache-2.0
"""Processes of a benchmark: the node and others in their own, and a listener for what it says."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.qos import QoSProfile

from mobilenet_perception.ros.domain import isolated_domain
from mobilenet_perception.ros.environment import ros_environment
from mobilenet_perception.tools.replay.settings import parameter_arguments

_PATIENCE_S = 30.0
_SEGMENT = re.compile(r'/dev/shm/\S*fast(?:dds|rtps)\S*')


@contextmanager
def child(module: str, arguments: Sequence[str] = ()) -> Iterator[subprocess.Popen[bytes]]:
    """Run a module of this project in another process, and end it at the end."""
    with started(['-m', module, *arguments]) as process:
        yield process


@contextmanager
def started(arguments: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run Python with arguments in another process, and end it at the end."""
    process = subprocess.Popen([sys.executable, *arguments], cwd=Path(__file__).parents[2])
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            # A signal within the middleware may hang there.
            process.kill()
            process.wait()


def node_arguments(**parameters: object) -> list[str]:
    """Return the command line that sets parameters of the node."""
    return ['--ros-args', *parameter_arguments(parameters)]


class Listener:
    """Hears the node's timing and diagnostics; made before any child is started.

    Attributes:
        node: of rclpy, for further subscriptions and clients.
        timings: keys and values of each timing message, by camera.
        health: those of the newest diagnostics, by camera, with their message.
    """

    def __init__(self, cameras: Sequence[str] = ('camera',)) -> None:
        # A domain of its own, for the children too.
        self._domain = ExitStack()
        os.environ.update(ros_environment(self._domain.enter_context(isolated_domain())))
        rclpy.init()
        self.node = rclpy.create_node('benchmark')
        self.timings: dict[str, list[dict[str, str]]] = {camera: [] for camera in cameras}
        self.health: dict[str, dict[str, str]] = {}
        deep = QoSProfile(depth=1000)
        for camera in cameras:
            self.listen(
                DiagnosticArray,
                f'/classifier/{camera}/timing',
                partial(self._on_timing, camera),
                deep,
            )
        self.listen(DiagnosticArray, '/diagnostics', self._on_diagnostics, deep)

    def listen(
        self, kind: type, topic: str, callback: Callable[[Any], None], qos: QoSProfile | int
    ) -> None:
        """Subscribe."""
        self.node.create_subscription(kind, topic, callback, qos)

    def spin_while(self, going_on: Callable[[], bool], limit_s: float) -> None:
        """Hear what comes as long as something goes on, at most so long."""
        end = time.monotonic() + limit_s
        while going_on() and time.monotonic() < end:
            rclpy.spin_once(self.node, timeout_sec=0.05)

    def spin_until_quiet(self, limit_s: float = _PATIENCE_S) -> None:
        """Hear what comes until nothing has come for a second."""
        heard, since = -1, time.monotonic()
        end = since + limit_s
        while time.monotonic() < min(end, since + 1.0):
            rclpy.spin_once(self.node, timeout_sec=0.05)
            total = sum(map(len, self.timings.values()))
            if total != heard:
                heard, since = total, time.monotonic()

    def hear_counts(self) -> None:
        """Hear the rest of the outcomes, then the counts of after the last."""
        self.spin_until_quiet()
        for camera in self.timings:
            self.health.pop(camera, None)
        self.spin_while(lambda: not set(self.timings) <= set(self.health), 10.0)

    def close(self) -> None:
        """Leave."""
        self.node.destroy_node()
        rclpy.shutdown()
        self._domain.close()

    def _on_timing(self, camera: str, message: DiagnosticArray) -> None:
        self.timings[camera].append(_values(message, 0))

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for index, status in enumerate(message.status):
            name = status.name.rpartition(': ')[2]
            self.health[name] = {'message': status.message, **_values(message, index)}


class SharedMemory:
    """Segments of Fast DDS in /dev/shm that a process has mapped, looked at while it lives.

    A process that is killed leaves them behind.
    """

    def __init__(self, process: int) -> None:
        self._segments = _mapped(process)

    def remove(self) -> None:
        """Remove those that no living process has mapped; after the process has died."""
        others = [int(path.name) for path in Path('/proc').iterdir() if path.name.isdigit()]
        used = {segment for process in others for segment in _mapped(process)}
        for segment in self._segments - used:
            Path(segment).unlink(missing_ok=True)


def _values(message: DiagnosticArray, index: int) -> dict[str, str]:
    return {pair.key: pair.value for pair in message.status[index].values}


def _mapped(process: int) -> set[str]:
    # Processes end meanwhile, and those of other users do not show theirs.
    with suppress(OSError):
        return set(_SEGMENT.findall(Path(f'/proc/{process}/maps').read_text()))
    return set()
