# SPDX-License-Identifier: Apache-2.0
"""The frames of a run that went worst: what to look at first."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from mobilenet_perception.report.judged import is_answered, judge
from mobilenet_perception.timing import Outcome

_MOST = 4
# Neighbours go wrong for one reason: one of them stands for all.
_APART_S = 0.7
_JUDGED: tuple[Literal['decision', 'label'], ...] = ('decision', 'label')


class WorstFrame(NamedTuple):
    """A frame to look at.

    Attributes:
        kind: `decision` or `label` (wrong), `unanswered` or `oldest`.
        camera: whose it is.
        frame: as the report has it.
        like_it: frames of the run of which the same is true, this one included.
    """

    kind: str
    camera: str
    frame: Mapping[str, Any]
    like_it: int

    @property
    def key(self) -> tuple[str, int]:
        """Camera and stamp: the frame's name in a source."""
        return self.camera, self.frame['stamp_ns']


_Item = tuple[str, Mapping[str, Any]]


def worst_frames(report: Mapping[str, Any]) -> list[WorstFrame]:
    """Choose frames of a report: a few of each kind, the worst first.

    Wrong ones are chosen by their score, the surest first; unanswered ones one for each reason,
    the most frequent first; answered ones by age. None is chosen twice.
    """
    labels = report['bundle']['labels']
    items = [
        (name, frame) for name, camera in report['cameras'].items() for frame in camera['frames']
    ]
    found = []
    for field in _JUDGED:
        wrong = [item for item in items if judge(item[1], field, labels) == 'wrong']
        found += _apart(field, sorted(wrong, key=lambda item: -(item[1]['score'] or 0.0)))
    found += _unanswered(items)
    aged = [item for item in items if is_answered(item[1])]
    found += _apart('oldest', sorted(aged, key=lambda i: -i[1]['times_ms']['age']))
    first: dict[tuple[str, int], WorstFrame] = {}
    for item in found:
        first.setdefault(item.key, item)
    return list(first.values())


def _apart(kind: str, items: list[_Item]) -> list[WorstFrame]:
    chosen: list[_Item] = []
    for camera, frame in items:
        near = any(
            camera == other and abs(frame['time_s'] - seen['time_s']) < _APART_S
            for other, seen in chosen
        )
        if not near and len(chosen) < _MOST:
            chosen.append((camera, frame))
    return [WorstFrame(kind, camera, frame, len(items)) for camera, frame in chosen]


def _unanswered(items: list[_Item]) -> list[WorstFrame]:
    groups: dict[tuple[str, str], list[_Item]] = {}
    for item in items:
        outcome = item[1]['outcome']
        if outcome != Outcome.ON_TIME:
            # Expired and superseded frames have figures in their reasons: their kind is one.
            odd = outcome in (Outcome.REJECTED, Outcome.FAILED)
            groups.setdefault((outcome, item[1]['reason'] if odd else ''), []).append(item)
    largest = sorted(groups.values(), key=len, reverse=True)[:_MOST]
    return [
        WorstFrame('unanswered', *group[len(group) // 2], like_it=len(group)) for group in largest
    ]
