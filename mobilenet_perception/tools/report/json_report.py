# SPDX-License-Identifier: Apache-2.0
"""A run as JSON values: the contract of `report.json`."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from mobilenet_perception import __version__
from mobilenet_perception.pipeline.timing import (
    STAGES,
    FrameRecord,
    Outcome,
    stage_percentiles,
)
from mobilenet_perception.tools.report.run import FrameResult, Run, ThingResult
from mobilenet_perception.tools.report.scoring import Interval, Score, intervals, score
from mobilenet_perception.tools.report.things import things_of, total

SCHEMA_VERSION = 1


def report(run: Run) -> dict[str, Any]:
    """Return the report of a run.

    Times are milliseconds where their name ends in `_ms`, and seconds since the first frame of
    the source where it ends in `_s`. `accuracy` is over the frames that show a signal clearly, of
    a camera with regions over those regions that do; null where no truth is known. `things` is
    about what regions name; null where no camera has regions.
    """
    frames = run.all_frames()
    labels = run.bundle['labels']
    scoring = score(frames, run.missed, labels)
    cameras = {camera: _camera(results, labels) for camera, results in run.frames.items()}
    return {
        'schema_version': SCHEMA_VERSION,
        'version': __version__,
        'mode': run.mode,
        'source': run.source,
        'bundle': run.bundle,
        'machine': run.machine,
        'latency_budget_ms': run.latency_budget_ms,
        'wall_s': round(run.wall_s, 3),
        'interrupted': run.interrupted,
        **_summary(frames),
        'lost': len(run.missed),
        'accuracy': scoring.clear.accuracy,
        'scoring': {
            'clear': _score(scoring.clear),
            'labelled': _score(scoring.labelled),
            'no_signal': _score(scoring.no_signal),
            'by_label': {label: _score(found) for label, found in scoring.by_label.items()},
            'confusions': [
                {'truth': truth, 'label': label, 'frames': count}
                for truth, label, count in scoring.confusions
            ],
            'not_in_bundle': scoring.not_in_bundle,
        },
        'reasons': _reasons(frames),
        'troubles': run.troubles,
        'things': total(cameras.values(), labels),
        'cameras': cameras,
    }


def _summary(frames: Iterable[FrameResult]) -> dict[str, Any]:
    records = [result.record for result in frames]
    counts = Counter(record.outcome for record in records)
    return {
        'received': len(records),
        'outcomes': {str(outcome): counts[outcome] for outcome in Outcome},
        'percentiles': {
            stage: {name: round(value, 3) for name, value in found._asdict().items()}
            for stage, found in stage_percentiles(records).items()
        },
    }


def _camera(results: list[FrameResult], labels: Sequence[str]) -> dict[str, Any]:
    frames = [_frame(item) for item in results]
    has_regions = any(item.things is not None for item in results)
    return {
        **_summary(results),
        'label_timeline': _timeline(results, lambda item: item.label),
        'decision_timeline': _timeline(results, lambda item: item.decision),
        **({'things': things_of(frames, labels)} if has_regions else {}),
        'frames': frames,
    }


def _timeline(
    results: Iterable[FrameResult], value: Callable[[FrameResult], str]
) -> list[dict[str, Any]]:
    return [_interval(found) for found in intervals((one.time_s, value(one)) for one in results)]


def _frame(item: FrameResult) -> dict[str, Any]:
    return {
        'stamp_ns': item.record.stamp_ns,
        'time_s': round(item.time_s, 6),
        'outcome': str(item.record.outcome),
        'reason': item.record.reason,
        'variant': item.record.variant,
        'label': item.label,
        'score': round(item.top[0].score, 4) if item.top else None,
        'decision': item.decision,
        'truth': item.truth,
        'clear': item.clear,
        'roi': list(item.roi) if item.roi else None,
        'times_ms': {
            stage.removesuffix('_ms'): round(getattr(item.record, stage), 3)
            for stage in STAGES
            if getattr(item.record, stage) is not None
        },
        **({} if item.things is None else _regions(item.record, item.things)),
    }


def _regions(record: FrameRecord, things: Iterable[ThingResult]) -> dict[str, Any]:
    return {
        'regions': {
            'given': record.regions or 0,
            'classified': record.regions_classified or 0,
            'left': record.regions_left or 0,
        },
        'things': [
            {
                **thing._asdict(),
                'roi': list(thing.roi) if thing.roi else None,
                'score': None if thing.score is None else round(thing.score, 4),
            }
            for thing in things
        ],
    }


def _reasons(frames: Iterable[FrameResult]) -> dict[str, dict[str, int]]:
    """Count what was said of frames that were refused or failed, by outcome and reason.

    Of those answered, too, some of whose regions could not be looked at.
    """
    found: dict[str, Counter[str]] = {}
    for result in frames:
        record = result.record
        is_partly = record.outcome is Outcome.ON_TIME and record.regions_left and record.reason
        if record.outcome in (Outcome.REJECTED, Outcome.FAILED) or is_partly:
            found.setdefault(str(record.outcome), Counter())[record.reason] += 1
    return {outcome: dict(counts.most_common(20)) for outcome, counts in found.items()}


def _interval(item: Interval) -> dict[str, Any]:
    return {
        **item._asdict(),
        'from_s': round(item.from_s, 6),
        'to_s': round(item.to_s, 6),
    }


def _score(found: Score) -> dict[str, Any]:
    return {**found._asdict(), 'accuracy': found.accuracy}
