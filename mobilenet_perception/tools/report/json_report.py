# SPDX-License-Identifier: Apache-2.0
"""A run as JSON values: the contract of `report.json`.

Accuracy of a run: what was said of frames against their truth, and labels over time.

`score` counts over a run's results; `judge` and `verdicts` read the frames of its JSON report.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, Literal, NamedTuple

from mobilenet_perception import __version__
from mobilenet_perception.pipeline.decision import STALE, UNKNOWN
from mobilenet_perception.pipeline.timing import STAGES, Outcome, stage_percentiles
from mobilenet_perception.tools.report.run import FrameResult, MissedFrame, Run

# The truth of frames that show no signal; bundles may have it as a label of its own.
NO_SIGNAL = 'background'
_SAYS_NOTHING = ('', UNKNOWN, STALE)

Verdict = Literal['right', 'wrong', 'silent']


class Score(NamedTuple):
    """How many frames were asked for and how many were answered right."""

    frames: int
    right: int

    @property
    def accuracy(self) -> float | None:
        """Share of frames answered right, 0 to 1; None of no frames."""
        return self.right / self.frames if self.frames else None


class Interval(NamedTuple):
    """A stretch of frames with one value; the end is the stamp of its last frame."""

    from_s: float
    to_s: float
    label: str
    frames: int


class Scoring(NamedTuple):
    """Accuracy over several choices of frames.

    A frame that was not answered in time, or that got lost on its way, counts as wrong.

    Attributes:
        clear: frames that show a signal clearly.
        labelled: all frames whose truth is known.
        no_signal: frames that clearly show no signal.
        by_label: the clear ones, by truth.
        confusions: (truth, label, frames) of the clear ones answered wrongly; most first.
        not_in_bundle: truths that the bundle has no label for; their frames are not scored.
    """

    clear: Score
    labelled: Score
    no_signal: Score
    by_label: dict[str, Score]
    confusions: list[tuple[str, str, int]]
    not_in_bundle: list[str]


def score(
    frames: Iterable[FrameResult], missed: Iterable[MissedFrame], labels: Sequence[str]
) -> Scoring:
    """Score frames against their truth."""
    asked = [(item.truth, item.clear, item.label or str(item.record.outcome)) for item in frames]
    asked += [(item.truth, item.clear, 'lost') for item in missed]
    known = [(truth, clear, label) for truth, clear, label in asked if truth is not None]
    scored = [item for item in known if item[0] in labels]
    clear = [item for item in scored if item[1] and item[0] != NO_SIGNAL]
    wrong: dict[tuple[str, str], int] = {}
    for truth, _, label in clear:
        if truth != label:
            wrong[truth, label] = wrong.get((truth, label), 0) + 1
    return Scoring(
        _frame_score(clear),
        _frame_score(scored),
        _frame_score([item for item in scored if item[1] and item[0] == NO_SIGNAL]),
        {
            truth: _frame_score([item for item in clear if item[0] == truth])
            for truth in labels
            if any(item[0] == truth for item in clear)
        },
        [(*pair, count) for pair, count in sorted(wrong.items(), key=lambda item: -item[1])],
        sorted({item[0] for item in known} - set(labels)),
    )


def intervals(values: Iterable[tuple[float, str]]) -> list[Interval]:
    """Join successive frames of one value; each is (seconds, value)."""
    found = []
    for label, group in groupby(values, key=lambda item: item[1]):
        times = [time_s for time_s, _ in group]
        found.append(Interval(times[0], times[-1], label, len(times)))
    return found


def judge(
    frame: Mapping[str, Any], field: Literal['label', 'decision'], labels: Collection[str]
) -> Verdict | None:
    """Judge a frame's own label, or the decision after it.

    Args:
        frame: one of `cameras.<name>.frames` of the report.
        field: what to judge.
        labels: those of the bundle.

    Returns:
        `silent` where it says no label; None where the frame does not count: it does not show a
        signal clearly, or shows one that the bundle has no label for.
    """
    truth = frame['truth']
    if not frame['clear'] or truth not in labels or truth == NO_SIGNAL:
        return None
    said = frame[field]
    if said in _SAYS_NOTHING:
        return 'silent'
    return 'right' if said == truth else 'wrong'


def verdicts(
    frames: Iterable[Mapping[str, Any]],
    field: Literal['label', 'decision'],
    labels: Collection[str],
) -> Counter[Verdict]:
    """Count the verdicts over the frames that count."""
    found = (judge(frame, field, labels) for frame in frames)
    return Counter(verdict for verdict in found if verdict is not None)


def is_answered(frame: Mapping[str, Any]) -> bool:
    """Say whether the network has run on a frame to its end, in time or late."""
    return frame['outcome'] in (Outcome.ON_TIME, Outcome.LATE) and 'age' in frame['times_ms']


def all_frames(report: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the frames of all cameras of a report."""
    return [frame for camera in report['cameras'].values() for frame in camera['frames']]


def _frame_score(items: Sequence[tuple[str, bool, str]]) -> Score:
    return Score(len(items), sum(truth == label for truth, _, label in items))


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
