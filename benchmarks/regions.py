# SPDX-License-Identifier: Apache-2.0
"""Regions over DDS, beside the tutorials' node: `python -m benchmarks.regions`.

Node, camera and detector are processes of their own. In turns, and each round anew: the tutorials'
node, which classifies crop after crop in its callback, out of a reliable queue of 10, with the
bundle's most accurate network; this node with that network alone; and this node as it is shipped.

1. At a camera's rate, with 1, 4, 8 and 16 regions of each VGA frame: how old answers are where
   they are heard, and what processor time a frame costs.
2. The highest rate held with 8 regions: at least 99 % of the frames sent come back within the
   budget, with a label for each of their regions.

Exits with 1 if this node as shipped holds less than twice the rate of the tutorials', or if one of
its answers was older than the budget as it was published.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import psutil
from vision_msgs.msg import Detection2DArray

from benchmarks.harness.processes import Listener, child, node_arguments
from mobilenet_perception.inference.bundle import default_bundle_path, load_bundle
from mobilenet_perception.pipeline.regions import EXACT
from mobilenet_perception.pipeline.timing import percentiles
from mobilenet_perception.ros.messages import stamp_ns
from mobilenet_perception.tools.benchmark.settings import SearchSettings
from mobilenet_perception.tools.benchmark.trial import Attempt, highest_rate
from mobilenet_perception.tools.terminal import notify, table

_TEXTBOOK, _SAME, _SHIPPED = 'textbook', 'same network', 'as shipped'
_NODES = (_TEXTBOOK, _SAME, _SHIPPED)
_COUNTS = (1, 4, 8, 16)
_HELD_WITH = 8
_TIMES = 2.0
_MISSED = 0.01
_LOWEST_HZ, _HIGHEST_HZ = 5.0, 400.0
# The first moments do not count.
_SETTLE_S, _WARM_UP_HZ = 0.5, 10.0
_QUIET_S = 0.5
_PATIENCE_S = 120.0


class Answer(NamedTuple):
    """An answer heard: how old it was then, in milliseconds, and how many regions it labels."""

    age_ms: float
    labels: int


class Heard(NamedTuple):
    """What came of the frames of a trial, the first moments left out.

    Attributes:
        sent: frames.
        answers: of these.
        cpu_ms: processor time of the node for each frame of the trial.
    """

    sent: int
    answers: list[Answer]
    cpu_ms: float

    def missed(self, regions: int, budget_ms: float) -> int:
        """Frames that did not come back whole and within the budget."""
        whole = sum(a.labels == regions and a.age_ms <= budget_ms for a in self.answers)
        return self.sent - whole


class Rig:
    """A node that runs, and who listens to it.

    Args:
        node: its process.
        listener: hears it.
        regions: of each frame.
        budget_ms: of this node.
    """

    def __init__(self, node: int, listener: Listener, regions: int, budget_ms: float) -> None:
        self._node = psutil.Process(node)
        self._listener = listener
        self._regions = regions
        self._budget_ms = budget_ms
        self._answers: dict[int, Answer] = {}
        listener.listen(Detection2DArray, '/classifier/camera/detections', self._take, 100)

    def trial(self, rate: float, seconds: float) -> Heard:
        """Send frames at a rate for so long, and hear what comes of them."""
        settle = max(1, round(_SETTLE_S * rate))
        frames = settle + max(1, round(rate * seconds))
        before_s = self._cpu_s()
        with TemporaryDirectory() as folder:
            sent = Path(folder) / 'sent'
            camera = ['/camera/image_raw', '--reliable', '--rate', str(rate)]
            camera += ['--frames', str(frames), '--regions', str(self._regions)]
            with child('benchmarks.harness.camera', [*camera, '--sent', str(sent)]) as publisher:
                limit_s = _PATIENCE_S + frames / rate
                self._listener.spin_while(lambda: publisher.poll() is None, limit_s)
            self._spin_until_quiet()
            if not sent.exists():
                sys.exit('the node did not start, or it ended')
            stamps = [int(line) for line in sent.read_text(encoding='utf-8').split()]
        spent_s = self._cpu_s() - before_s
        counted = stamps[settle:]
        answers = [self._answers[stamp] for stamp in counted if stamp in self._answers]
        self._answers.clear()
        return Heard(len(counted), answers, 1e3 * spent_s / frames)

    def late(self) -> int:
        """Answers on time, by this node's own word, that were older than the budget."""
        return sum(
            timing['outcome'] == 'on_time' and float(timing['age_ms']) > self._budget_ms
            for timing in self._listener.timings['camera']
        )

    def _spin_until_quiet(self) -> None:
        heard, since = -1, time.monotonic()
        while time.monotonic() < since + _QUIET_S:
            self._listener.spin_while(lambda: True, 0.1)
            if len(self._answers) != heard:
                heard, since = len(self._answers), time.monotonic()

    def _cpu_s(self) -> float:
        times = self._node.cpu_times()
        return float(times.user + times.system)

    def _take(self, message: Detection2DArray) -> None:
        stamp = stamp_ns(message.header)
        age_ms = (self._listener.node.get_clock().now().nanoseconds - stamp) / 1e6
        self._answers[stamp] = Answer(age_ms, len(message.detections))


@contextmanager
def open_rig(name: str, bundle: Path, regions: int, budget_ms: float) -> Iterator[Rig]:
    """Start a node; it ends with the context."""
    module, arguments = 'benchmarks.harness.textbook_region_node', [str(bundle)]
    if name != _TEXTBOOK:
        module = 'mobilenet_perception.ros.classifier'
        parameters: dict[str, object] = {
            'bundle': bundle,
            'latency_budget_ms': budget_ms,
            'camera.regions_topic': '/camera/boxes',
            'camera.regions_match': EXACT,
            'camera.regions_margin': 0.0,
        }
        if name == _SAME:
            parameters['variant'] = load_bundle(bundle).manifest.variants[0].name
        arguments = node_arguments(**parameters)
    with closing(Listener()) as listener, child(module, arguments) as node:
        rig = Rig(node.pid, listener, regions, budget_ms)
        # Its start is no part of any figure.
        rig.trial(_WARM_UP_HZ, _SETTLE_S)
        yield rig


def main() -> int:
    """Measure, print the tables, and say whether it holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--bundle', type=Path, default=default_bundle_path())
    parser.add_argument('--budget', type=float, default=50.0, metavar='MS')
    parser.add_argument('--rate', type=float, default=30.0, help='frames a second (%(default)g)')
    parser.add_argument('--seconds', type=float, default=10.0, help='of each trial (%(default)g)')
    parser.add_argument('--rounds', type=int, default=3, help='(%(default)s)')
    parser.add_argument('--counts', type=int, nargs='+', default=_COUNTS, help='of regions')
    options = parser.parse_args()
    late = measure_ages(options)
    held = measure_rates(options)
    shipped, textbook = held[_SHIPPED], held[_TEXTBOOK]
    print(
        f'answers of this node older than the budget of {options.budget:g} ms: {late}; with '
        f'{_HELD_WITH} regions it holds {_times(shipped, textbook)} the rate of the textbook node'
        f', with the same network alone {_times(held[_SAME], textbook)}'
    )
    return 0 if not late and textbook and shipped >= _TIMES * textbook else 1


def measure_ages(options: argparse.Namespace) -> int:
    """Print how old answers are at the camera's rate; return how many were too old."""
    rows = [['regions', 'node', 'sent', 'missed', 'age p50 ms', 'p99 ms', 'max ms', 'CPU ms']]
    late = 0
    for regions in options.counts:
        trials: dict[str, list[Heard]] = {name: [] for name in _NODES}
        for _ in range(options.rounds):
            for name in _NODES:
                with open_rig(name, options.bundle, regions, options.budget) as rig:
                    trials[name].append(rig.trial(options.rate, options.seconds / options.rounds))
                    late += rig.late()
        rows += [_row(regions, name, trials[name], options.budget) for name in _NODES]
        notify(f'{regions} regions: measured')
    print(f'at {options.rate:g} Hz:\n{table(rows)}')
    return late


def _row(regions: int, name: str, trials: Sequence[Heard], budget_ms: float) -> list[str]:
    ages = percentiles(answer.age_ms for trial in trials for answer in trial.answers)
    missed = sum(trial.missed(regions, budget_ms) for trial in trials)
    figures = (ages.p50, ages.p99, ages.max) if ages else ()
    cpu_ms = statistics.median(trial.cpu_ms for trial in trials)
    counts = (regions, name, sum(trial.sent for trial in trials), missed)
    return [*map(str, counts), *(f'{ms:.1f}' for ms in figures), f'{cpu_ms:.2f}']


def measure_rates(options: argparse.Namespace) -> dict[str, float]:
    """Print the highest rate held by each node, and return the medians."""
    held: dict[str, list[float]] = {name: [] for name in _NODES}
    search = SearchSettings(
        first_hz=options.rate, lowest_hz=_LOWEST_HZ, highest_hz=_HIGHEST_HZ, ratio=1.1
    )
    for _ in range(options.rounds):
        for name in _NODES:
            with open_rig(name, options.bundle, _HELD_WITH, options.budget) as rig:
                found = highest_rate(_attempt(rig, options), search)
            held[name].append(found.rate_hz or 0.0)
            notify(f'{name}: held {held[name][-1]:.1f} Hz; {found.limit}')
    rows = [['node', 'median Hz held', 'of']]
    for name, rates in held.items():
        each = ', '.join(f'{rate:.1f}' for rate in rates)
        rows.append([name, f'{statistics.median(rates):.1f}', each])
    print(f'with {_HELD_WITH} regions of each frame:\n{table(rows)}')
    return {name: statistics.median(rates) for name, rates in held.items()}


def _attempt(rig: Rig, options: argparse.Namespace) -> Callable[[float, bool], Attempt]:
    def attempt(rate_hz: float, confirming: bool) -> Attempt:
        seconds = options.seconds if confirming else options.seconds / 3
        heard = rig.trial(rate_hz, seconds)
        missed = heard.missed(_HELD_WITH, options.budget)
        limit = f'of {heard.sent} frames {missed} missed' if missed > _MISSED * heard.sent else ''
        return Attempt(rate_hz, confirming, not limit, limit)

    return attempt


def _times(one: float, other: float) -> str:
    return f'{one / other:.1f} times' if other else 'no multiple of'


if __name__ == '__main__':
    sys.exit(main())
