# SPDX-License-Identifier: Apache-2.0
"""Recorded regions beside the frames of their camera: do their stamps match, are boxes sensible.

Judged by the node's own rules, for `bag info` and for replays alike.
"""

from array import array
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mobilenet_perception.frames import RegionOfInterest
from mobilenet_perception.frames.boxes import Box
from mobilenet_perception.pipeline.region_match import other_clock
from mobilenet_perception.pipeline.regions import EXACT, RegionRules, choose_regions, clip
from mobilenet_perception.pipeline.timing import NS_PER_MS
from mobilenet_perception.tools.bags.reason_counter import ReasonCounter

# Of frames or messages: a few without their like are what best effort is for.
_FEW = 0.02

_Stamps = npt.NDArray[np.int64]


class RegionFigures(NamedTuple):
    """What there is to say of the regions of a camera.

    Attributes:
        messages: of regions.
        boxes: in them, as they came.
        regions: those of them that the node would take up.
        ids: things that they name.
        without_id: regions without an id: nothing is decided of them.
        frames: of the camera.
        frames_own: those that have regions of their own stamp.
        frames_near: those that have regions near enough for the rules.
        messages_own: messages of regions that have the stamp of a frame.
        messages_near: those that have a frame not further than `max_age_ms`, under `exact` too:
            a recording may be played with fewer frames than it has.
        apart_ms: median time between the stamps of a frame and of the nearest regions; None: one
            of both is missing.
        outside: regions outside the image; None: its size is not known.
        partly: regions of which a part is.
        too_many: messages with more regions than are looked at.
    """

    messages: int
    boxes: int
    regions: int
    ids: int
    without_id: int
    frames: int
    frames_own: int
    frames_near: int
    messages_own: int
    messages_near: int
    apart_ms: float | None
    outside: int | None
    partly: int | None
    too_many: int


class RegionTally:
    """Counts regions and frames of one camera.

    Args:
        rules: the node's.
    """

    def __init__(self, rules: RegionRules) -> None:
        self.rules = rules
        self.left_out = ReasonCounter()
        self._frames = array('q')
        self._messages = array('q')
        self._boxes = 0
        self._without_id = 0
        self._too_many = 0
        self._ids: set[str] = set()
        self._rois = array('l')

    def add_frame(self, stamp_ns: int) -> None:
        """Take in the stamp of a frame."""
        self._frames.append(stamp_ns)

    def add(self, stamp_ns: int, boxes: Iterable[Box]) -> None:
        """Take in a message of regions."""
        boxes = list(boxes)
        found = choose_regions(boxes, stamp_ns, self.rules)
        self._messages.append(stamp_ns)
        self._boxes += len(boxes)
        self._too_many += len(found.regions) > self.rules.most
        if found.trouble:
            self.left_out.add(found.trouble)
        for name, roi in found.regions:
            self._ids.add(name)
            self._without_id += not name
            self._rois.extend(roi)

    def figures(self, size: tuple[int, int] | None = None) -> RegionFigures:
        """Return what came out; `size` is the image's width and height, where it is known."""
        frames = np.array(self._frames, np.int64)
        messages = np.array(self._messages, np.int64)
        apart_ms, back_ms = _nearest_ms(frames, messages), _nearest_ms(messages, frames)
        near_ms = 0.0 if self.rules.match == EXACT else self.rules.max_age_ms
        outside, partly = self._places(size) if size else (None, None)
        return RegionFigures(
            messages=len(messages),
            boxes=self._boxes,
            regions=len(self._rois) // 4,
            ids=len(self.ids),
            without_id=self._without_id,
            frames=len(frames),
            frames_own=int((apart_ms == 0).sum()),
            frames_near=int((apart_ms <= near_ms).sum()),
            messages_own=int((back_ms == 0).sum()),
            messages_near=int((back_ms <= self.rules.max_age_ms).sum()),
            apart_ms=float(np.median(apart_ms)) if len(frames) and len(messages) else None,
            outside=outside,
            partly=partly,
            too_many=self._too_many,
        )

    def troubles(self, size: tuple[int, int] | None = None) -> list[str]:
        """Return what is wrong, in words and with the cure; `size` as of `figures`."""
        found = self.figures(size)
        matching = self._matches(found) if found.messages else ()
        return [*self._boxes_wrong(found, size), *matching]

    def box_troubles(self, size: tuple[int, int] | None = None) -> list[str]:
        """Return what is wrong with boxes alone."""
        return [*self._boxes_wrong(self.figures(size), size)]

    @property
    def ids(self) -> set[str]:
        """The things that regions name."""
        return self._ids - {''}

    def _boxes_wrong(self, found: RegionFigures, size: tuple[int, int] | None) -> Iterator[str]:
        if not found.messages:
            yield 'there are no regions: what finds them was not running, or on another topic'
            return
        for reason, count in self.left_out.counts().items():
            yield f'in {count} of {found.messages} messages {reason}'
        if found.too_many:
            yield (
                f'{found.too_many} of {found.messages} messages have more regions than the '
                f'{self.rules.most} that are looked at in a frame (regions_most)'
            )
        if found.outside and size:
            yield (
                f'{found.outside} of {found.regions} regions lie outside the image of '
                f'{size[0]}x{size[1]} pixels: are they of another image, or of another size?'
            )
        if found.without_id:
            yield (
                f'{found.without_id} of {found.regions} regions have no id: they get labels, and '
                'no decisions'
            )

    def _matches(self, found: RegionFigures) -> Iterator[str]:
        if found.apart_ms is None:
            yield 'there are regions, and no frames of their camera'
            return
        if other := other_clock(found.apart_ms):
            yield other
            return
        exact = self.rules.match == EXACT
        near = 'of its own stamp' if exact else f'within {self.rules.max_age_ms:g} ms of its stamp'
        if (without := found.frames - found.frames_near) > _FEW * found.frames:
            cure = 'match the latest (regions_match: latest)' if exact else 'regions_max_age_ms'
            yield (
                f'{without} of {found.frames} frames have no regions {near}: they expire '
                f'unlabelled; see what finds regions, or {cure}'
            )
        if (without := found.messages - found.messages_near) > _FEW * found.messages:
            yield (
                f'{without} of {found.messages} messages of regions have no frame within '
                f'{self.rules.max_age_ms:g} ms: the camera paused, or its frames got lost'
            )

    def _places(self, size: tuple[int, int]) -> tuple[int, int]:
        outside = partly = 0
        numbers = iter(self._rois)
        for roi in map(RegionOfInterest, numbers, numbers, numbers, numbers):
            inside = clip(roi, *size)
            outside += inside is None
            partly += inside is not None and inside != roi
        return outside, partly


def _nearest_ms(stamps_ns: _Stamps, others_ns: _Stamps) -> npt.NDArray[np.float64]:
    """Return (n,) the times from stamps to the nearest of others; infinite: there is none."""
    if not len(others_ns):
        return np.full(len(stamps_ns), np.inf)
    others = np.sort(others_ns)
    after = np.searchsorted(others, stamps_ns).clip(0, len(others) - 1)
    before = (after - 1).clip(0)
    apart = np.minimum(abs(others[after] - stamps_ns), abs(others[before] - stamps_ns))
    return np.asarray(apart / NS_PER_MS)
