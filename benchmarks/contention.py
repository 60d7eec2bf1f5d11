# SPDX-License-Identifier: Apache-2.0
"""Answers in time while other processes take all cores for half of the time.

    python -m benchmarks.contention [--plot contention.svg] [--json contention.json]

Plays a drawn drive through the pipeline at 30 Hz: once with the ladder, and once with each of its
variants alone; at a budget that the largest only just meets on the idle machine. An oracle that
knows the slow-down of each of the ladder's frames beforehand is what the ladder is measured by.

Contention comes in slices of the kernel's scheduler, some milliseconds long: a budget shorter than
that can only be held with `--realtime-priority`. With `--slower 10` the variants take tens of
milliseconds, as on a small robot's processor.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from benchmarks.harness.hogs import hogs, is_busy
from benchmarks.harness.slower_runtime import SlowerRuntime
from mobilenet_perception.inference.bundle import default_bundle_path, load_bundle
from mobilenet_perception.inference.classifier import Classifier
from mobilenet_perception.pipeline.decision import DecisionRules
from mobilenet_perception.pipeline.parameters import CameraSettings, PipelineSettings
from mobilenet_perception.pipeline.pipeline import Pipeline
from mobilenet_perception.pipeline.result import Result
from mobilenet_perception.pipeline.timing import FrameRecord, Outcome, miss_rate
from mobilenet_perception.recordings import SourceFrame
from mobilenet_perception.recordings.pictures import read_drive
from mobilenet_perception.system.files import write_atomically
from mobilenet_perception.system.realtime import set_realtime_priority
from mobilenet_perception.tools.terminal import table

_RATE_HZ = 30.0
_LADDER = 'ladder'
_ORACLE = 'oracle'


class PolicyRun(NamedTuple):
    """What came of one policy: records, and whether each answer was right (None: not clear)."""

    records: list[FrameRecord]
    right: list[bool | None]


class Row(NamedTuple):
    """One line of the table.

    Attributes:
        policy: `ladder`, `oracle` or the name of a variant.
        on_time: share of the frames not superseded.
        accuracy: mean stated accuracy of the answers given in time.
        right: share of right answers among those in time to clear frames; None: not known.
        useful: `on_time` times `accuracy`: right answers in time, per frame.
        busy_on_time: as `on_time`, of frames that came while the cores were busy.
    """

    policy: str
    on_time: float
    accuracy: float
    right: float | None
    useful: float
    busy_on_time: float | None


def main() -> None:
    """Print the table."""
    options = _options()
    cv2.setNumThreads(1)
    sys.setswitchinterval(0.0005)
    if reason := set_realtime_priority(options.realtime_priority):
        sys.exit(reason)
    frames = list(read_drive(_RATE_HZ, options.drive_seconds, 'camera'))
    classifier = Classifier(load_bundle(options.bundle), SlowerRuntime(options.slower))
    largest = next(iter(classifier.variants))
    alone = play(classifier, frames, largest, 1e3, 5.0).records
    budget_ms = options.latency_budget_ms or 1.05 * float(
        np.percentile([record.age_ms for record in alone if record.age_ms], 99)
    )
    print(f'budget {budget_ms:.1f} ms: {largest} alone stays below it in 99 % of frames')
    played = {}
    with hogs(options.every):
        start = time.monotonic()
        for policy in (_LADDER, *classifier.variants):
            # Each begins with the quiet part of a period.
            time.sleep(-(time.monotonic() - start) % options.every)
            variant = '' if policy == _LADDER else policy
            played[policy] = play(classifier, frames, variant, budget_ms, options.seconds)
            print(f'  {policy} played', file=sys.stderr)
    accuracy = {name: variant.accuracy or 0.0 for name, variant in classifier.variants.items()}
    rows = [summary(name, given, accuracy, options.every) for name, given in played.items()]
    best = oracle(played[_LADDER].records, classifier.profile_ms, accuracy, budget_ms)
    rows.insert(1, best)
    _show(rows)
    ladder = rows[0]
    print(
        f'\non time {ladder.on_time:.2%} of frames not superseded; accuracy of the answers '
        f"{ladder.accuracy / best.accuracy:.2%} of the oracle's"
    )
    if options.json:
        values = {'budget_ms': budget_ms, 'rows': [row._asdict() for row in rows]}
        write_atomically(options.json, json.dumps(values, indent=1) + '\n')
    if options.plot:
        _plot(rows, options.plot)


def play(
    classifier: Classifier,
    frames: list[SourceFrame],
    variant: str,
    budget_ms: float,
    seconds: float,
) -> PolicyRun:
    """Hand in the frames, again and again, at 30 Hz, each captured as it is handed in."""
    played = PolicyRun([], [])

    def on_result(result: Result) -> None:
        frame = frames[(result.record.sequence - 1) % len(frames)]
        answered = result.record.outcome is Outcome.ON_TIME and frame.clear
        played.records.append(result.record)
        played.right.append(result.top[0].label == frame.truth if answered else None)

    rules = classifier.bundle.manifest.decision
    settings = PipelineSettings(
        variant=variant, decision=DecisionRules(leave_below=rules.leave_below)
    )
    cameras = {'camera': CameraSettings(budget_ms)}
    pipeline = Pipeline(classifier, cameras, on_result, settings)
    pipeline.start()
    start = time.monotonic()
    for number in range(round(seconds * _RATE_HZ)):
        time.sleep(max(0.0, start + number / _RATE_HZ - time.monotonic()))
        frame = frames[number % len(frames)]
        pipeline.set_camera('camera', CameraSettings(budget_ms, frame.roi))
        pipeline.submit('camera', frame.message, time.time_ns())
    # The last frame too has its budget; stopping at once would count it as missed.
    time.sleep(budget_ms / 1e3 + 1 / _RATE_HZ)
    pipeline.stop()
    return played


def summary(policy: str, played: PolicyRun, accuracy: dict[str, float], every_s: float) -> Row:
    """Sum up what came of a policy."""
    answers = [r for r in played.records if r.outcome is Outcome.ON_TIME]
    judged = [right for right in played.right if right is not None]
    busy = [r for r in played.records if is_busy((r.sequence - 1) / _RATE_HZ, every_s)]
    on_time = 1.0 - (miss_rate(played.records) or 0.0)
    mean = float(np.mean([accuracy[r.variant] for r in answers])) if answers else 0.0
    busy_misses = miss_rate(busy)
    return Row(
        policy,
        on_time,
        mean,
        float(np.mean(judged)) if judged else None,
        on_time * mean,
        None if busy_misses is None else 1.0 - busy_misses,
    )


def oracle(
    records: list[FrameRecord],
    profile_ms: dict[str, float],
    accuracy: dict[str, float],
    budget_ms: float,
) -> Row:
    """Choose for each frame knowing what slowed it down, whether by a factor or by a delay.

    Of the two readings of a slow run, that which lets the better variant finish is taken.
    """
    chosen = []
    for record in records:
        if not record.variant or record.inference_ms is None or record.age_ms is None:
            continue
        own_ms = profile_ms[record.variant]
        overhead_ms = record.age_ms - record.inference_ms
        by_factor = {n: ms * record.inference_ms / own_ms for n, ms in profile_ms.items()}
        by_delay = {n: ms + record.inference_ms - own_ms for n, ms in profile_ms.items()}
        fitting = [
            accuracy[name]
            for name in profile_ms
            if overhead_ms + min(by_factor[name], by_delay[name]) <= budget_ms
        ]
        chosen.append(max(fitting, default=0.0))
    answered = [value for value in chosen if value]
    ended = sum(record.outcome is not Outcome.SUPERSEDED for record in records)
    on_time, mean = len(answered) / ended, float(np.mean(answered))
    return Row(_ORACLE, on_time, mean, None, on_time * mean, None)


def _show(rows: list[Row]) -> None:
    shares = [[f'{value:.2%}' if value is not None else '-' for value in row[1:]] for row in rows]
    head = ['policy', 'on time', 'accuracy', 'right', 'right and in time', 'on time, cores busy']
    print(table([head, *([row.policy, *cells] for row, cells in zip(rows, shares, strict=True))]))


def _plot(rows: list[Row], path: Path) -> None:
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 (the table needs none)
        from matplotlib.ticker import PercentFormatter  # noqa: PLC0415
    except ImportError:
        sys.exit(f'error: {path} is not drawn: matplotlib is not installed')
    axes = (figure := Figure()).subplots()
    axes.scatter([row.on_time for row in rows], [row.accuracy for row in rows])
    for row in rows:
        axes.annotate(row.policy, (row.on_time, row.accuracy))
    axes.set(xlabel='frames on time', ylabel='accuracy of answers')
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    figure.savefig(path)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--bundle', type=Path, default=default_bundle_path())
    parser.add_argument('--seconds', type=float, default=80.0, help='per policy')
    parser.add_argument('--every', type=float, default=40.0, help='period of the contention')
    parser.add_argument('--drive-seconds', type=float, default=30.0)
    parser.add_argument('--latency-budget-ms', type=float, default=0.0, help='0: measured')
    parser.add_argument('--slower', type=int, default=1, help='run everything so many times')
    parser.add_argument('--realtime-priority', type=int, default=0)
    parser.add_argument('--plot', type=Path, help='draw the table here, with matplotlib')
    parser.add_argument('--json', type=Path)
    return parser.parse_args()


if __name__ == '__main__':
    main()
