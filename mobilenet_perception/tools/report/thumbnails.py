# SPDX-License-Identifier: Apache-2.0
"""Which frames of a run to show, and small pictures of them: some along the way, and the worst.

The worst are known only at the end of a run: their pictures take a second look at the source.
"""

from collections.abc import Callable, Container, Mapping
from typing import Any, Literal, NamedTuple, Protocol

import cv2

from mobilenet_perception.errors import FrameError
from mobilenet_perception.pipeline.timing import Outcome
from mobilenet_perception.recordings import Source, SourceFrame
from mobilenet_perception.tools.report.run import Thumbnail
from mobilenet_perception.tools.report.scoring import is_answered, judge, sightings

_WIDTH, _QUALITY = 320, 70
# Pictures along the way, and worst frames of a kind.
_MOST, _MOST_WORST = 24, 4
# So long must a label have been clear, or, where no truth is known, so far apart are pictures.
_SETTLED_NS = 400_000_000
_PERIOD_NS = 2_000_000_000
# Neighbours go wrong for one reason: one of them stands for all.
_APART_S = 0.7
_JUDGED: tuple[Literal['decision', 'label'], ...] = ('decision', 'label')


class Shown(Protocol):
    """What the choice of a frame asks: see `SourceFrame`."""

    @property
    def camera(self) -> str: ...  # noqa: D102

    @property
    def log_ns(self) -> int: ...  # noqa: D102

    @property
    def truth(self) -> str | None: ...  # noqa: D102

    @property
    def clear(self) -> bool: ...  # noqa: D102


class ThumbnailPicker:
    """Picks one frame of each stretch that clearly shows one label; else one every 2 s."""

    def __init__(self) -> None:
        self._picked = 0
        self._truth: dict[str, str | None] = {}
        self._since_ns: dict[str, int] = {}
        self._done: dict[str, bool] = {}

    def wants(self, frame: Shown) -> bool:
        """Say whether to show this frame; to be asked once for each, in order."""
        if self._picked >= _MOST:
            return False
        camera = frame.camera
        known = frame.truth if frame.clear else None
        if camera not in self._since_ns or known != self._truth[camera]:
            self._truth[camera], self._since_ns[camera] = known, frame.log_ns
            self._done[camera] = False
        lasted_ns = frame.log_ns - self._since_ns[camera]
        if known is not None:
            wanted = not self._done[camera] and lasted_ns >= _SETTLED_NS
            self._done[camera] |= wanted
        else:
            # Between signals nothing is worth a look, unless nothing ever is known.
            wanted = frame.truth is None and lasted_ns >= _PERIOD_NS
            if wanted:
                self._since_ns[camera] = frame.log_ns
        self._picked += wanted
        return wanted


def thumbnail(frame: SourceFrame) -> Thumbnail | None:
    """Return a small JPEG of a frame; None when it cannot be decoded."""
    try:
        decoded = frame.decode()
    except FrameError:
        return None
    width = min(_WIDTH, decoded.width)
    height = max(1, round(decoded.height * width / decoded.width))
    # Shrink first: channels are put in order on the small image.
    small = cv2.resize(decoded.pixels, (width, height), interpolation=cv2.INTER_AREA)
    rgb = decoded._replace(pixels=small).rgb()  # type: ignore[arg-type]
    bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
    _, jpeg = cv2.imencode('.jpg', bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    size = (decoded.width, decoded.height)
    return Thumbnail(frame.camera, frame.stamp_ns, *size, jpeg.tobytes())


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
    seen = sightings(report)
    for field in _JUDGED:
        wrong = [item for item in seen if judge(item[1], field, labels) == 'wrong']
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
        if not near and len(chosen) < _MOST_WORST:
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
    largest = sorted(groups.values(), key=len, reverse=True)[:_MOST_WORST]
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
