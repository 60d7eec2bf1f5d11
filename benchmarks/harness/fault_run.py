# SPDX-License-Identifier: Apache-2.0
"""Fault runs: the real node with one or two faults over DDS, and what it says."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.qos import QoSProfile
from vision_msgs.msg import Classification, Detection2DArray

from benchmarks.harness.fault_checks import BUDGET_MS, TIMEOUT_MS, Label, Observed
from benchmarks.harness.processes import Listener, SharedMemory, child, node_arguments
from mobilenet_perception.pipeline.decision import STALE
from mobilenet_perception.pipeline.regions import EXACT
from mobilenet_perception.ros.messages import stamp_ns

_PATIENCE_S = 60.0
_RUNTIME = ('slow', 'stall', 'raise', 'nan', 'shape')
# Longer than a label may outlive its evidence.
_DEAD_S = 2.5


class Case(NamedTuple):
    """What goes wrong in one run.

    Attributes:
        name: what it is called in the table.
        faults: as `replay --fault` takes them, without times.
        dies: whether the camera's process is killed, and another started.
        jump: of simulation time, `back` or `forward`; empty: no simulation time.
    """

    name: str
    faults: tuple[str, ...] = ()
    dies: bool = False
    jump: str = ''


class Regions(NamedTuple):
    """Regions that come with each frame: how many, and `exact` or `latest`; 0: none."""

    number: int = 0
    match: str = EXACT


class _Session:
    """One node and one listener; the camera may be started more than once."""

    def __init__(
        self, case: Case, frames: int, rate: float, regions: Regions, folder: Path
    ) -> None:
        self._case, self._frames, self._rate, self._regions = case, frames, rate, regions
        self._sent, self._switch = folder / 'sent.jsonl', folder / 'fault_is_on'
        self._sent.touch()
        self.listener = Listener()
        self.timings: list[tuple[int, dict[str, str]]] = []
        self.labels: list[Label] = []
        self.decisions: dict[str, list[Label]] = (
            {str(number): [] for number in range(regions.number)} if regions.number else {'': []}
        )
        deep = QoSProfile(depth=1000)
        listen, camera = self.listener.listen, '/classifier/camera'
        listen(DiagnosticArray, f'{camera}/timing', self._on_timing, deep)
        listen(Classification, f'{camera}/classification', _hearer(self.labels), deep)
        if regions.number:
            listen(Detection2DArray, f'{camera}/detections', self._on_detections, deep)
            listen(Detection2DArray, f'{camera}/decisions', self._on_decisions, deep)
        else:
            listen(Classification, f'{camera}/decision', _hearer(self.decisions['']), deep)

    def node(self) -> list[str]:
        """Return the arguments of benchmarks.harness.faulty_node."""
        runtime = [text for text in self._case.faults if _kind(text) in _RUNTIME]
        simulated = str(bool(self._case.jump)).lower()
        of_regions: dict[str, object] = {
            'camera.regions_topic': '/camera/boxes',
            'camera.regions_match': self._regions.match,
            'camera.regions_margin': 0.0,
        }
        parameters = node_arguments(
            latency_budget_ms=BUDGET_MS,
            decision_timeout_ms=TIMEOUT_MS,
            use_sim_time=simulated,
            **(of_regions if self._regions.number else {}),
        )
        return [str(self._switch), *runtime, *parameters]

    def camera(self, frames: int, on_s: tuple[float, float] | None) -> list[str]:
        """Return the arguments of benchmarks.harness.faulty_camera."""
        of_frames = [text for text in self._case.faults if _kind(text) not in _RUNTIME]
        return [
            *(str(self._sent), str(self._switch)),
            *('--frames', str(frames), '--rate', str(self._rate)),
            *('--regions', str(self._regions.number)),
            *(part for text in of_frames for part in ('--fault', text)),
            *(('--on', *map(str, on_s)) if on_s else ()),
            *(('--jump', self._case.jump) if self._case.jump else ()),
        ]

    def play(self) -> None:
        """Play the camera to its end, or kill it and play another."""
        seconds = self._frames / self._rate
        if self._case.dies:
            half = self._frames // 2
            with child('benchmarks.harness.faulty_camera', self.camera(10 * half, None)) as first:
                self._listen_while(lambda: len(self.lines()) < half, first)
                memory = SharedMemory(first.pid)
                first.kill()
                first.wait()
            memory.remove()
            self._note('on')
            self.listener.spin_while(lambda: True, _DEAD_S)
            before = len(self.lines())
            with child('benchmarks.harness.faulty_camera', self.camera(half, None)) as second:
                self._listen_while(lambda: len(self.lines()) <= before, second)
                self._note('off')
                self._listen_while(lambda: second.poll() is None, second)
            return
        on_s = (0.25 * seconds, 0.25 * seconds if self._case.jump else 0.5 * seconds)
        with child('benchmarks.harness.faulty_camera', self.camera(self._frames, on_s)) as camera:
            self._listen_while(lambda: camera.poll() is None, camera)

    def lines(self) -> list[dict[str, Any]]:
        """Return what the camera has written; the last line may be cut off by its death."""
        text = self._sent.read_text(encoding='utf-8')
        return [json.loads(line) for line in text.split('\n') if line.endswith('}')]

    def observed(self, alive: bool) -> Observed:
        """Return all that was sent and heard."""
        lines = self.lines()
        at = {line['fault']: line['at_ns'] for line in lines if 'fault' in line}
        frames = [line for line in lines if 'stamp_ns' in line]
        sent = {line['stamp_ns']: line['captured_ns'] for line in reversed(frames)}
        if self._case.dies:
            # It ends with the new camera's first frame.
            at['off'] = min(
                line['captured_ns'] for line in frames if line['captured_ns'] > at['on']
            )
        return Observed(
            sent,
            len(frames),
            (at['on'], at['off']),
            self.timings,
            self.labels,
            self.decisions,
            self.listener.health.get('camera', {}),
            alive,
        )

    def _listen_while(
        self, going_on: Callable[[], bool], camera: 'subprocess.Popen[bytes]'
    ) -> None:
        limit_s = _PATIENCE_S + 2 * self._frames / self._rate
        self.listener.spin_while(lambda: going_on() and camera.poll() in (None, 0), limit_s)
        if going_on() or camera.poll() not in (None, 0):
            sys.exit(f'{self._case.name}: the camera failed')

    def _note(self, name: str) -> None:
        with self._sent.open('a', encoding='utf-8') as sent:
            sent.write('\n' + json.dumps({'fault': name, 'at_ns': time.monotonic_ns()}) + '\n')

    def _on_detections(self, message: Detection2DArray) -> None:
        found = [detection.results[0].hypothesis.class_id for detection in message.detections]
        stamp = stamp_ns(message.header)
        self.labels.append(Label(time.monotonic_ns(), stamp, ', '.join(found), len(found)))

    def _on_decisions(self, message: Detection2DArray) -> None:
        now_ns = time.monotonic_ns()
        decided = {found.id: found for found in message.detections}
        for name, heard in self.decisions.items():
            found = decided.get(name)
            # What is forgotten has no label any more.
            label = STALE if found is None else found.results[0].hypothesis.class_id
            heard.append(Label(now_ns, stamp_ns((found or message).header), label))

    def _on_timing(self, message: DiagnosticArray) -> None:
        values = {pair.key: pair.value for pair in message.status[0].values}
        self.timings.append((stamp_ns(message.header), values))


def run_case(case: Case, frames: int, rate: float, regions: Regions) -> Observed:
    """Run one case.

    Args:
        case: what goes wrong.
        frames: frames sent in all.
        rate: frames a second.
        regions: of each frame.
    """
    before = dict(os.environ)
    with TemporaryDirectory() as folder, ExitStack() as stack:
        session = _Session(case, frames, rate, regions, Path(folder))
        listener = session.listener
        stack.callback(os.environ.update, before)
        stack.callback(listener.close)
        node = stack.enter_context(child('benchmarks.harness.faulty_node', session.node()))
        decisions = session.decisions.values()
        listener.spin_while(
            lambda: not ('camera' in listener.health and all(decisions)), _PATIENCE_S
        )
        if not all(decisions):
            sys.exit(f'{case.name}: the node did not start')
        session.play()
        listener.hear_counts()
        return session.observed(alive=node.poll() is None)


def _hearer(heard: list[Label]) -> Callable[[Classification], None]:
    def hear(message: Classification) -> None:
        label = message.results[0].class_id
        heard.append(Label(time.monotonic_ns(), stamp_ns(message.header), label))

    return hear


def _kind(text: str) -> str:
    return text.partition('=')[0]
