# SPDX-License-Identifier: Apache-2.0
"""This node beside those that one writes in its place: `python -m benchmarks.peers`.

On the same frames at 30 Hz over DDS, camera, node and listener in processes of their own: the node
of the tutorials (a queue of 10, reliable), the same tuned (best effort, a queue of 1, one thread),
and this node, held to the same network and given time to run every frame on it. They take turns,
and each turn starts them anew. Nobody listens but to the labels.

- CPU a frame: processor time of the process, over the frames sent.
- Memory: its proportional set size (PSS) after that.
- Start: from the start of the process to the first label heard, discovery of DDS included; and
  what processor time it took until then.
- Age: of a label as it is heard, from the stamp of its frame.

Prints the rows of the README's table: ratios to the tuned node are medians of those of each turn,
with their least and largest. Exits with 1 if one is above what is asked, or a node left frames
unanswered.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import psutil
from vision_msgs.msg import Classification

from benchmarks.harness.processes import Listener, child, node_arguments
from mobilenet_perception.inference.bundle import default_bundle_path, load_bundle
from mobilenet_perception.pipeline.timing import percentiles
from mobilenet_perception.ros.messages import stamp_ns
from mobilenet_perception.tools.terminal import notify, table

_TEXTBOOK, _TUNED, _OURS = 'textbook', 'tuned', 'this node'
_NODES = (_TEXTBOOK, _TUNED, _OURS)
_SIZES = ((640, 480), (1920, 1080))
_TRANSPORTS = ('raw', 'compressed')
_RATE_HZ = 30.0
_BUDGET_MS = 1000.0
_ANSWERED = 0.97
# The first moments do not count.
_SETTLE_S = 1.0
_PATIENCE_S = 120.0


class Setting(NamedTuple):
    """What the camera sends."""

    width: int
    height: int
    transport: str

    def __str__(self) -> str:
        form = 'raw' if self.transport == 'raw' else 'JPEG'
        return f'{self.width}x{self.height} {form}'


class Cost(NamedTuple):
    """What a node took in one turn; times in milliseconds, memory in MB, `answered` a share."""

    answered: float
    cpu: float
    memory: float
    start: float
    start_cpu: float
    age_p50: float
    age_p99: float


# What is asked, as ratios to the tuned node; of CPU it depends on the size.
_ASKED = {'memory': 1.05, 'start': 1.0, 'start_cpu': 1.0, 'age_p50': 0.9, 'age_p99': 0.9}
_ASKED_CPU = {(640, 480): 0.75, (1920, 1080): 0.85}


def main() -> int:
    """Measure, print the tables, and say whether it holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--bundle', type=Path, default=default_bundle_path())
    parser.add_argument('--seconds', type=float, default=10.0, help='of each turn (%(default)g)')
    parser.add_argument('--rounds', type=int, default=5, help='turns of each (%(default)s)')
    parser.add_argument(
        '--transports', nargs='+', default=_TRANSPORTS, choices=_TRANSPORTS, help='(both)'
    )
    parser.add_argument('--widths', nargs='+', type=int, default=[w for w, _ in _SIZES])
    options = parser.parse_args()
    holds = True
    for width, height in _SIZES:
        for transport in options.transports:
            if width in options.widths:
                setting = Setting(width, height, transport)
                holds &= report(setting, _compare(setting, options))
    return 0 if holds else 1


def _compare(setting: Setting, options: argparse.Namespace) -> dict[str, list[Cost]]:
    costs: dict[str, list[Cost]] = {name: [] for name in _NODES}
    for number in range(options.rounds):
        for name in _NODES:
            costs[name].append(_turn(name, setting, options.bundle, options.seconds))
        notify(f'{setting}: round {number + 1} of {options.rounds}')
    return costs


def _turn(name: str, setting: Setting, bundle: Path, seconds: float) -> Cost:
    """Start a node amid the frames of a camera, and see what it takes."""
    module, arguments = _command(name, setting, bundle)
    ages_ms: list[float] = []
    with closing(Listener(cameras=())) as listener:

        def take(message: Classification) -> None:
            now_ns = listener.node.get_clock().now().nanoseconds
            ages_ms.append((now_ns - stamp_ns(message.header)) / 1e6)

        listener.listen(Classification, '/classifier/camera/classification', take, 100)
        frames = round(_RATE_HZ * (seconds + 3 * _SETTLE_S))
        with child('benchmarks.harness.camera', _camera(setting, frames)) as camera:
            started_s = time.monotonic()
            with child(module, arguments) as process:
                node = psutil.Process(process.pid)
                listener.spin_while(lambda: not ages_ms, _PATIENCE_S)
                start_ms, start_cpu_ms = 1e3 * (time.monotonic() - started_s), _cpu_ms(node)
                if not ages_ms:
                    sys.exit(f'{name}: no label came')
                listener.spin_while(lambda: True, _SETTLE_S)
                ages_ms.clear()
                before_ms, before_s = _cpu_ms(node), time.monotonic()
                listener.spin_while(lambda: True, seconds)
                sent = _RATE_HZ * (time.monotonic() - before_s)
                cpu_ms = (_cpu_ms(node) - before_ms) / sent
                memory, heard = node.memory_full_info().pss / 1e6, len(ages_ms)
                listener.spin_while(lambda: camera.poll() is None, _PATIENCE_S)
    ages = percentiles(ages_ms)
    if ages is None:
        sys.exit(f'{name}: no label came after the first')
    return Cost(heard / sent, cpu_ms, memory, start_ms, start_cpu_ms, ages.p50, ages.p99)


def _command(name: str, setting: Setting, bundle: Path) -> tuple[str, list[str]]:
    if name == _OURS:
        parameters = {
            'bundle': bundle,
            'camera.image_transport': setting.transport,
            'variant': load_bundle(bundle).manifest.variants[0].name,
            'latency_budget_ms': _BUDGET_MS,
        }
        return 'mobilenet_perception.ros.classifier', node_arguments(**parameters)
    flags = ['--tuned'] if name == _TUNED else []
    flags += ['--jpeg'] if setting.transport != 'raw' else []
    return 'benchmarks.harness.textbook_node', [str(bundle), *flags]


def _camera(setting: Setting, frames: int) -> list[str]:
    topic = '/camera/image_raw'
    given = ['--reliable', '--rate', str(_RATE_HZ), '--frames', str(frames)]
    given += ['--width', str(setting.width), '--height', str(setting.height)]
    if setting.transport != 'raw':
        return [f'{topic}/compressed', '--jpeg', *given]
    return [topic, *given]


def _cpu_ms(process: psutil.Process) -> float:
    times = process.cpu_times()
    return 1e3 * float(times.user + times.system)


def report(setting: Setting, costs: Mapping[str, Sequence[Cost]]) -> bool:
    """Print what each took, and the rows of the README; return whether what is asked holds."""
    rows = [
        ['node', 'answered', 'CPU ms', 'PSS MB', 'start ms', 'its CPU ms', 'age p50', 'p99 ms']
    ]
    for name in _NODES:
        medians = [statistics.median(column) for column in zip(*costs[name], strict=True)]
        answered, cpu, *others = medians
        rows.append([name, f'{answered:.0%}', f'{cpu:.2f}', *(f'{value:.1f}' for value in others)])
    print(f'{setting}, {_RATE_HZ:g} Hz, medians of {len(costs[_OURS])}:\n{table(rows)}')
    # What is not answered costs little, and proves nothing.
    holds = min(statistics.median(c.answered for c in costs[n]) for n in _NODES) >= _ANSWERED
    words = []
    for field in Cost._fields[1:]:
        pairs = zip(costs[_OURS], costs[_TUNED], strict=True)
        ratios = [getattr(ours, field) / getattr(tuned, field) for ours, tuned in pairs]
        median = statistics.median(ratios)
        asked = _ASKED.get(field) or _ASKED_CPU[setting.width, setting.height]
        holds &= median <= asked
        words.append(f'{median:.2f} ({min(ratios):.2f} to {max(ratios):.2f})')
    print(
        f'| {setting}, beside a tuned node of the tutorials: CPU a frame; memory; start; CPU of '
        f'the start; age p50; p99 | {"; ".join(words)} | `python -m benchmarks.peers` |\n'
    )
    return holds


if __name__ == '__main__':
    sys.exit(main())
