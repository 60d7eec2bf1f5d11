# SPDX-License-Identifier: Apache-2.0
"""Regions at three times what can be run: `python -m benchmarks.region_overload`.

Three cameras at 30 Hz, each frame with 0 to 16 regions drawn at random, through the pipeline in
its own thread, without ROS. Is a label late, do frames and regions add up, does a thing starve,
does memory grow? Exits with 1 if a label is late, a frame has no outcome, or a thing gets less
than 90 % of its fair share.
"""

import argparse
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import psutil

from mobilenet_perception.frames import RegionOfInterest
from mobilenet_perception.inference.classifier import Classifier
from mobilenet_perception.inference.runtimes import create_runtime
from mobilenet_perception.pipeline.parameters import CameraSettings
from mobilenet_perception.pipeline.pipeline import Pipeline
from mobilenet_perception.pipeline.regions import Region, RegionRules, Regions
from mobilenet_perception.pipeline.result import Result
from mobilenet_perception.pipeline.timing import Outcome, percentiles
from mobilenet_perception.tools.terminal import table
from tests.support.image_messages import plain_message
from tests.support.tiny_bundle import write_tiny_bundle

_CAMERAS = ('front', 'left', 'right')
_RATE_HZ = 30.0
_THINGS = 16
_BUDGET_MS = 50.0
# Of a frame's regions, on average.
_REGIONS = _THINGS / 2
_LEAST_SHARE = 0.9
_WORKS = (64, 128, 192, 256, 384, 512, 768)


class _Tally:
    """What was offered, and what came of it."""

    def __init__(self) -> None:
        self.offered: Counter[tuple[str, str]] = Counter()
        self.answered: Counter[tuple[str, str]] = Counter()
        self.outcomes: Counter[Outcome] = Counter()
        self.ages_ms: list[float] = []
        self.late = self.wrong_sums = 0
        self._lock = threading.Lock()

    def take(self, result: Result) -> None:
        """Count how a frame ended."""
        record = result.record
        with self._lock:
            self.outcomes[record.outcome] += 1
            if record.regions is not None:
                parts = (record.regions_classified or 0) + (record.regions_left or 0)
                self.wrong_sums += record.regions != parts
            if record.outcome is not Outcome.ON_TIME:
                return
            self.ages_ms.append(record.age_ms or 0.0)
            self.late += (record.age_ms or 0.0) > record.latency_budget_ms
            self.answered.update((record.camera, region.id) for region, _ in result.regions)


def main() -> int:
    """Run, print the table, and say whether it holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    # Fewer answers of each thing would make its share a matter of chance.
    parser.add_argument('--seconds', type=float, default=60.0)
    parser.add_argument('--overload', type=float, default=3.0, help='offered over possible rate')
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        classifier = _slow_classifier(Path(scratch), options.overload)
    tally = _Tally()
    pipeline = Pipeline(
        classifier,
        {name: CameraSettings(_BUDGET_MS, regions=RegionRules()) for name in _CAMERAS},
        tally.take,
    )
    pipeline.start()
    memory = [_offer(pipeline, tally, options.seconds / 2) for _ in range(2)]
    pipeline.stop()
    return 0 if _report(pipeline, tally, memory) else 1


def _slow_classifier(scratch: Path, overload: float) -> Classifier:
    """Return the first classifier that is slow enough for the overload."""
    needed_ms = overload * 1e3 / (len(_CAMERAS) * _RATE_HZ * _REGIONS)
    for work in _WORKS:
        bundle = write_tiny_bundle(scratch / str(work), work=work)
        classifier = Classifier(bundle, create_runtime(), largest_batch=_THINGS)
        one_ms = classifier.profile_ms['tiny']
        if one_ms >= needed_ms or work == _WORKS[-1]:
            break
    load = one_ms / needed_ms * overload
    print(f'a model of {one_ms:.2f} ms, budget {_BUDGET_MS:g} ms: {load:.1f} x capacity')
    return classifier


def _offer(pipeline: Pipeline, tally: _Tally, seconds: float) -> float:
    """Hand in frames and regions for so long; return the memory of this process, in MB."""
    drawn = random.Random(0)
    message = plain_message('green', 480, 640)
    names = [str(number) for number in range(_THINGS)]
    end = time.monotonic() + seconds
    due = time.monotonic()
    while time.monotonic() < end:
        for camera in _CAMERAS:
            found = drawn.sample(names, drawn.randint(0, _THINGS))
            regions = [Region(name, RegionOfInterest(40 * int(name), 0, 40, 40)) for name in found]
            stamp_ns = time.time_ns()
            tally.offered.update((camera, name) for name in found)
            pipeline.submit_regions(camera, Regions(stamp_ns, regions))
            pipeline.submit(camera, message, stamp_ns)
            due += 1 / _RATE_HZ / len(_CAMERAS)
            time.sleep(max(0.0, due - time.monotonic()))
    return float(psutil.Process().memory_info().rss) / 1e6


def _report(pipeline: Pipeline, tally: _Tally, memory: list[float]) -> bool:
    rows = [['camera', 'received', 'ended', 'regions offered', 'answered', 'worst served']]
    mean = tally.answered.total() / max(1, tally.offered.total())
    worst = 1.0
    for camera in _CAMERAS:
        counts = pipeline.counts(camera)
        offered, answered = (
            {name: count for (of, name), count in counter.items() if of == camera}
            for counter in (tally.offered, tally.answered)
        )
        share = min(answered.get(name, 0) / count for name, count in offered.items()) / mean
        worst = min(worst, share)
        ended = sum(counts.by_outcome.values())
        cells = (counts.received, ended, sum(offered.values()), sum(answered.values()))
        rows.append([camera, *map(str, cells), f'{share:.1%}'])
    print(table(rows))
    good = all(pipeline.counts(name).in_flight == 0 for name in _CAMERAS) and not tally.wrong_sums
    ages = percentiles(tally.ages_ms)
    print(
        ', '.join(f'{outcome} {tally.outcomes[outcome]}' for outcome in Outcome),
        f'; age p50 {ages.p50:.1f}, p99 {ages.p99:.1f} ms' if ages else '',
    )
    print(
        f'counts {"add up" if good else "DO NOT ADD UP"}; labels late: {tally.late}; the worst '
        f'served thing has {worst:.1%} of its fair share; memory {memory[0]:.0f} MB half-way, '
        f'{memory[1]:.0f} MB at the end'
    )
    return good and not tally.late and worst >= _LEAST_SHARE


if __name__ == '__main__':
    sys.exit(main())
