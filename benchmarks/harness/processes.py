# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks share: the node in a process of its own, and ears for what it says."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.qos import QoSProfile

from mobilenet_perception.ros.domain import isolated_domain
from mobilenet_perception.ros.environment import ros_environment

_PATIENCE_S = 30.0


@contextmanager
def child(module: str, arguments: Sequence[str] = ()) -> Iterator[subprocess.Popen[bytes]]:
    """Run a module of this project in another process, and end it at the end."""
    process = subprocess.Popen(
        [sys.executable, '-m', module, *arguments], cwd=Path(__file__).parents[2]
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(_PATIENCE_S)


def node_arguments(**parameters: object) -> list[str]:
    """Return the command line that sets parameters of the node."""
    pairs = [('-p', f'{name}:={value}') for name, value in parameters.items()]
    return ['--ros-args', *(part for pair in pairs for part in pair)]


class Ears:
    """Listens to the node's timing and diagnostics; made before any child is started."""

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


def _values(message: DiagnosticArray, index: int) -> dict[str, str]:
    return {pair.key: pair.value for pair in message.status[index].values}
