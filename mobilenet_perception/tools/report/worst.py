# SPDX-License-Identifier: Apache-2.0
"""The frames of a run that went worst: what to look at first.

A second look at a source, for what only the end of a run shows: which frames went worst.
"""

from collections.abc import Callable, Container, Mapping
from typing import Any, Literal, NamedTuple

from mobilenet_perception.pipeline.timing import Outcome
from mobilenet_perception.recordings import Source
from mobilenet_perception.tools.report.run import Thumbnail
from mobilenet_perception.tools.report.scoring import is_answered, judge
from mobilenet_perception.tools.report.thumbnails import thumbnail

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


def worst_pictures(
    report: Mapping[str, Any], reopen: Callable[[Container[int]], Source]
) -> list[Thumbnail]:
    """Return pictures of a report's worst frames; of a run that a person has ended, none.

    Taken afterwards, they cost the run that is being measured nothing. Faults are not played
    again: the pictures are what the camera gave.

    Args:
        report: the report.
        reopen: opens the source again, for frames of some stamps.

    Raises:
        PerceptionError: the source cannot be read any more.
    """
    if report['interrupted']:
        return []
    wanted = {item.key for item in worst_frames(report)}
    if not wanted:
        return []
    found = []
    for frame in reopen({stamp_ns for _, stamp_ns in wanted}).frames:
        if (frame.camera, frame.stamp_ns) not in wanted:
            continue
        if picture := thumbnail(frame):
            found.append(picture)
        wanted.discard((frame.camera, frame.stamp_ns))
        if not wanted:
            break
    return found
