# SPDX-License-Identifier: Apache-2.0
"""Accuracy of a run: what was said of frames against their truth, and labels over time.

`score` counts over a run's results; `judge` and `verdicts` read the frames of its JSON report.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, Literal, NamedTuple

from mobilenet_perception.pipeline.decision import STALE, UNKNOWN
from mobilenet_perception.pipeline.timing import Outcome
from mobilenet_perception.tools.report.run import FrameResult, MissedFrame

# The truth of frames that show no signal; bundles may have it as a label of its own.
NO_SIGNAL = 'background'
SAYS_NOTHING = ('', UNKNOWN, STALE)

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
    """Score frames against their truth; of a camera with regions, each that was looked at."""
    asked = [one for item in frames for one in _asked(item)]
    asked += [(item.truth, item.clear, 'lost') for item in missed]
    known = [(truth, clear, label) for truth, clear, label in asked if truth is not None]
    scored = [item for item in known if item[0] in labels]
    clear = [item for item in scored if item[1] and item[0] != NO_SIGNAL]
    wrong: dict[tuple[str, str], int] = {}
    for truth, _, label in clear:
        if truth != label:
            wrong[truth, label] = wrong.get((truth, label), 0) + 1
    return Scoring(
        _score(clear),
        _score(scored),
        _score([item for item in scored if item[1] and item[0] == NO_SIGNAL]),
        {
            truth: _score([item for item in clear if item[0] == truth])
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
    if said in SAYS_NOTHING:
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


def sightings(report: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Return what a report says of frames or, where a camera has regions, of each of these.

    Returns:
        Each with the name of its camera; those of regions are shaped like frames, with an `id`.
    """
    return [
        (name, seen)
        for name, camera in report['cameras'].items()
        for frame in camera['frames']
        for seen in (
            [frame]
            if frame.get('things') is None
            else [seen_in(frame, thing) for thing in frame['things'] if thing['label']]
        )
    ]


def unit(report: Mapping[str, Any]) -> str:
    """Return what is counted for accuracy: `frames`, `regions`, or both."""
    has_regions = [camera.get('things') is not None for camera in report['cameras'].values()]
    if not any(has_regions):
        return 'frames'
    return 'regions' if all(has_regions) else 'frames and regions'


def seen_in(frame: Mapping[str, Any], thing: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a frame says of a thing as a value shaped like a frame."""
    return {**frame, **thing, 'things': None}


def _asked(item: FrameResult) -> list[tuple[str | None, bool, str]]:
    """Return truth, whether it counts, and the answer, of a frame or of its regions."""
    if item.things is None:
        return [(item.truth, item.clear, item.label or str(item.record.outcome))]
    return [(thing.truth, thing.clear, thing.label) for thing in item.things if thing.label]


def _score(items: Sequence[tuple[str, bool, str]]) -> Score:
    return Score(len(items), sum(truth == label for truth, _, label in items))
