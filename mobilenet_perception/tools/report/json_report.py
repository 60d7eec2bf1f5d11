# SPDX-License-Identifier: Apache-2.0
"""A run as JSON values: the contract of `report.json`."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from mobilenet_perception import __version__
from mobilenet_perception.pipeline.timing import STAGES, Outcome, stage_percentiles
from mobilenet_perception.tools.report.run import FrameResult, Run
from mobilenet_perception.tools.report.scoring import Interval, Score, intervals, score

SCHEMA_VERSION = 1


def report(run: Run) -> dict[str, Any]:
    """Return the report of a run.

    Times are milliseconds where their name ends in `_ms`, and seconds since the first frame of
    the source where it ends in `_s`. `accuracy` is over the frames that show a signal clearly;
    null where no truth is known.
    """
    frames = run.all_frames()
    scoring = score(frames, run.missed, run.bundle['labels'])
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
        'cameras': {camera: _camera(results) for camera, results in run.frames.items()},
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


def _camera(results: list[FrameResult]) -> dict[str, Any]:
    labels = intervals((item.time_s, item.label) for item in results)
    decisions = intervals((item.time_s, item.decision) for item in results)
    return {
        **_summary(results),
        'label_timeline': [_interval(item) for item in labels],
        'decision_timeline': [_interval(item) for item in decisions],
        'frames': [_frame(item) for item in results],
    }


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
    }


def _reasons(frames: Iterable[FrameResult]) -> dict[str, dict[str, int]]:
    """Count what was said of frames that were refused or failed, by outcome and reason."""
    found: dict[str, Counter[str]] = {}
    for result in frames:
        record = result.record
        if record.outcome in (Outcome.REJECTED, Outcome.FAILED):
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
