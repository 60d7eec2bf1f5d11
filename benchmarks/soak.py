# SPDX-License-Identifier: Apache-2.0
"""The node for half an hour, with all that was reported: `python -m benchmarks.soak`.

Six cameras over real DDS: `camera` at 30 Hz, and one with a detector's regions, with faults of
frames, regions and the runtime drawn at random; `jpegs`, of every kind, sound and damaged; `wide`,
12 bits in mono16; `uneven`, with bursts and rates that change; `odd`, with wrong encodings and
tiny or malformed frames. Prints the node's memory, file descriptors and threads over time. Exits
with 1 if the node dies, if a frame has no outcome or the wrong one, if its diagnostics do not say
what is wrong or call frames lost that came, if descriptors or threads grow, or if memory does.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.qos import QoSProfile

from benchmarks.harness.processes import Listener, child, node_arguments
from benchmarks.harness.reported_frames import reported_cameras
from benchmarks.harness.soak_checks import Heard, counts, unsaid, wrong_counts, wrong_kinds
from mobilenet_perception.ros.messages import stamp_ns
from mobilenet_perception.tools.replay.faults import FAULTS, REGION_FAULTS

_RUNTIME = ('slow', 'stall', 'raise', 'nan', 'shape')
_CAMERA, _DETECTOR = 'camera', 'detector'
_RATE_HZ = {_CAMERA: 30.0, _DETECTOR: 10.0}
_REGIONS = 4
# The file that begins the time of the runtime's faults: the bundle is proven without any.
_SWITCH = 'switch'
# Episodes of a fault, and pauses between them, in seconds; each kind of process has its own.
_LASTS_S, _PAUSE_S = (0.5, 6.0), (1.0, 10.0)
_SAMPLE_S = 5.0
_START_S = 120.0
_LINES = 12
_GROWTH_MB_PER_HOUR = 6.0
# Each kind of frame has then had its turn, and diagnostics the time to say so.
_LEAST_MINUTES = 3.0


class Sample(NamedTuple):
    """The node at one moment.

    Attributes:
        seconds: since the start.
        megabytes: of its own; segments shared with other processes, which have a fixed size, fill
            up as they are used.
        descriptors: open files.
        threads: all of them.
    """

    seconds: float
    megabytes: float
    descriptors: int
    threads: int


class Soak(NamedTuple):
    """What was heard and seen.

    Attributes:
        heard: of each camera.
        sent: lines that each process of cameras has written.
        samples: of the node.
        alive: whether the node still ran at the end.
    """

    heard: Mapping[str, Heard]
    sent: Mapping[str, list[dict[str, Any]]]
    samples: list[Sample]
    alive: bool


def main() -> int:
    """Run, print, and say whether it holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--minutes', type=float, default=30.0, help='%(default)s')
    parser.add_argument('--seed', type=int, default=0)
    options = parser.parse_args()
    if options.minutes < _LEAST_MINUTES:
        parser.error(f'--minutes is {options.minutes:g}: give {_LEAST_MINUTES:g} or more')
    soak = run(60.0 * options.minutes, np.random.default_rng(options.seed))
    wrong = [] if soak.alive else ['the node died']
    return 0 if report(soak, wrong + found_wrong(soak)) else 1


def run(seconds: float, random: np.random.Generator) -> Soak:
    """Run the node and its cameras for so long."""
    runtime = plan(_RUNTIME, seconds, random)
    of_frames = [kind for kind in FAULTS if kind not in (*_RUNTIME, *REGION_FAULTS)]
    faults = {
        _CAMERA: plan(of_frames, seconds, random),
        _DETECTOR: plan(REGION_FAULTS, seconds, random),
    }
    episodes = sum(map(len, faults.values()))
    print(f'{len(runtime)} episodes of a failing runtime, {episodes} of frames and regions')
    cameras = reported_cameras()
    heard = {name: Heard() for name in faults}
    heard[_DETECTOR] = Heard(['a box with a number that is not finite'])
    heard |= {name: Heard(camera.sayings) for name, camera in cameras.items()}
    samples: list[Sample] = []
    with TemporaryDirectory() as folder, ExitStack() as stack:
        listener = Listener(list(heard))
        stack.callback(listener.close)
        _hear(listener, heard)
        node = [str(Path(folder) / _SWITCH), *runtime, *_node(list(heard))]
        classifier = stack.enter_context(child('benchmarks.harness.faulty_node', node))
        running = [
            stack.enter_context(child(f'benchmarks.harness.{module}', arguments))
            for module, arguments in _publishers(Path(folder), faults, seconds)
        ]
        listener.spin_while(lambda: not any(one.ended for one in heard.values()), _START_S)
        (Path(folder) / _SWITCH).touch()
        while any(one.poll() is None for one in running) and classifier.poll() is None:
            listener.spin_while(lambda: any(one.poll() is None for one in running), _SAMPLE_S)
            if classifier.poll() is None:
                samples.append(sample(classifier.pid, len(samples) * _SAMPLE_S))
            for timings in listener.timings.values():
                timings.clear()
        listener.hear_counts()
        alive = classifier.poll() is None
        sent = {name: _lines(Path(folder) / name) for name in (*faults, 'reported')}
    return Soak(heard, sent, samples, alive)


def found_wrong(soak: Soak) -> list[str]:
    """Return what does not hold, by camera."""
    wrong = []
    reported = soak.sent['reported']
    for name, camera in reported_cameras().items():
        sent = {line['stamp_ns']: line['kind'] for line in reported if line['camera'] == name}
        reasons = {kind.name: kind.reason for kind in camera.kinds}
        wrong += [f'{name}: {words}' for words in wrong_kinds(soak.heard[name], sent, reasons)]
    for name, heard in soak.heard.items():
        wrong += [f'{name}: {words}' for words in wrong_counts(heard, sent_count(soak, name))]
        wrong += [f'{name}: its diagnostics never said: {words}' for words in unsaid(heard)]
    return wrong


def sent_count(soak: Soak, name: str) -> int:
    """Return how many frames a camera has sent."""
    if name in soak.sent:
        return len(soak.sent[name])
    return sum(line['camera'] == name for line in soak.sent['reported'])


def plan(
    kinds: list[str] | tuple[str, ...], seconds: float, random: np.random.Generator
) -> list[str]:
    """Draw faults one after the other, as `replay --fault` takes them."""
    faults, at = [], 10.0
    while at < seconds - _LASTS_S[1]:
        end = at + random.uniform(*_LASTS_S)
        faults.append(f'{random.choice(kinds)}@{at:.2f}-{end:.2f}')
        at = end + random.uniform(*_PAUSE_S)
    return faults


def sample(process: int, seconds: float) -> Sample:
    """Look at a process."""
    folder = Path(f'/proc/{process}')
    status = (folder / 'status').read_text()
    own = re.search(r'RssAnon:\s+(\d+) kB', status)
    threads = re.search(r'Threads:\s+(\d+)', status)
    assert own and threads
    descriptors = len(list((folder / 'fd').iterdir()))
    return Sample(seconds, int(own[1]) / 1024, descriptors, int(threads[1]))


def report(soak: Soak, wrong: list[str]) -> bool:
    """Print what was seen; the first two thirds are left for warming up."""
    samples = soak.samples
    for one in samples[:: max(1, len(samples) // _LINES)]:
        print(f'{one.seconds / 60:5.1f} min {one.megabytes:7.1f} MB')
    settled = samples[2 * len(samples) // 3 :]
    seconds, megabytes = np.array([(one.seconds, one.megabytes) for one in settled]).T
    slope = float(np.polyfit(seconds, megabytes, 1)[0]) * 3600
    for what in ('descriptors', 'threads'):
        values = [getattr(one, what) for one in settled]
        print(f'{what}: {values[0]} at two thirds, {values[-1]} at the end, at most {max(values)}')
        if values[-1] > values[0]:
            wrong.append(f'{what} grow')
    print(
        f'memory: {megabytes[0]:.1f} MB at two thirds, {megabytes[-1]:.1f} MB at the end, '
        f'{slope:+.2f} MB an hour'
    )
    if slope >= _GROWTH_MB_PER_HOUR:
        wrong.append('memory grows')
    for name, heard in soak.heard.items():
        received = int(heard.values.get('received', 0))
        print(
            f'{name}: {sent_count(soak, name)} sent, {received} received = {counts(heard)}, '
            f'at most {heard.claimed} called lost at once'
        )
    print(*(wrong or ['all of it holds']), sep='\n')
    return not wrong


def _node(cameras: list[str]) -> list[str]:
    parameters: dict[str, object] = {
        'latency_budget_ms': 60.0,
        'cameras': json.dumps(cameras),
        f'{_DETECTOR}.regions_topic': f'/{_DETECTOR}/boxes',
    }
    for name, camera in reported_cameras().items():
        parameters[f'{name}.image_transport'] = camera.transport
    return node_arguments(**parameters)


def _publishers(
    folder: Path, faults: Mapping[str, list[str]], seconds: float
) -> Iterator[tuple[str, list[str]]]:
    """Yield the module and the arguments of each process of cameras, which writes to `folder`."""
    for name, faulty in faults.items():
        rate_hz = _RATE_HZ[name]
        arguments = [str(folder / name), str(folder / _SWITCH), '--camera', name]
        arguments += ['--rate', str(rate_hz), '--frames', str(round(seconds * rate_hz))]
        arguments += [part for text in faulty for part in ('--fault', text)]
        if name == _DETECTOR:
            arguments += ['--regions', str(_REGIONS), '--nan-box']
        yield 'faulty_camera', arguments
    yield 'reported_cameras', [str(folder / 'reported'), '--seconds', str(seconds)]


def _hear(listener: Listener, heard: Mapping[str, Heard]) -> None:
    """Let the listener note how each frame ends, and what all diagnostics say."""
    deep = QoSProfile(depth=1000)

    def on_timing(name: str, message: DiagnosticArray) -> None:
        values = {pair.key: pair.value for pair in message.status[0].values}
        heard[name].add(values, stamp_ns(message.header))

    def on_diagnostics(message: DiagnosticArray) -> None:
        for status in message.status:
            if camera := heard.get(status.name.rpartition(': ')[2]):
                values = {pair.key: pair.value for pair in status.values}
                camera.add_diagnostics(status.message, values)

    for name in heard:
        topic = f'/classifier/{name}/timing'
        listener.listen(DiagnosticArray, topic, partial(on_timing, name), deep)
    listener.listen(DiagnosticArray, '/diagnostics', on_diagnostics, deep)


def _lines(path: Path) -> list[dict[str, Any]]:
    # Absent where the node died before a camera had anyone to send to.
    lines = path.read_text(encoding='utf-8').splitlines() if path.is_file() else []
    return [json.loads(line) for line in lines]


if __name__ == '__main__':
    sys.exit(main())
