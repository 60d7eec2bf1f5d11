# SPDX-License-Identifier: Apache-2.0
"""Right, wrong or silent: what was said of a frame of the JSON report, against its truth."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Literal

from mobilenet_perception.decision import STALE, UNKNOWN
from mobilenet_perception.report.scoring import NO_SIGNAL
from mobilenet_perception.timing import Outcome

Verdict = Literal['right', 'wrong', 'silent']

_SAYS_NOTHING = ('', UNKNOWN, STALE)


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
