# SPDX-License-Identifier: Apache-2.0
"""Regions that came on a topic, judged by the node's own rules: which boxes, with which frames."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np

from mobilenet_perception.frames import RegionOfInterest
from mobilenet_perception.frames.boxes import Box
from mobilenet_perception.pipeline.region_match import RegionMatch
from mobilenet_perception.pipeline.regions import (
    EXACT,
    MOST_BOXES,
    RegionRules,
    Regions,
    choose_regions,
    clip,
)
from mobilenet_perception.pipeline.timing import NS_PER_MS

# Boxes and ids kept: enough for minutes of a busy street.
_MOST_KEPT = 20_000
# A box whose numbers are all below this is given in shares of the image.
_SHARES_BELOW = 1.5


class Arrival(NamedTuple):
    """A message: when it came, on the steady clock, and its stamp; both in nanoseconds."""

    came_ns: int
    stamp_ns: int


class Matches(NamedTuple):
    """What frames found, had the node taken them as they came here.

    Attributes:
        frames: those compared: from the first regions on.
        matched: those with regions in time.
        trouble: what the node would say of it at the end; empty: nothing.
        behind_ms: how much later than its frame the regions of the same stamp came, the median;
            None: no frame had any.
    """

    frames: int = 0
    matched: int = 0
    trouble: str = ''
    behind_ms: float | None = None


class RegionStream(NamedTuple):
    """What came on a topic of regions.

    Attributes:
        messages: how many.
        seconds: from the first to the last.
        boxes: in all of them.
        labels: boxes by what the detector takes them for; a box may count for several.
        other_classes: boxes passed over since `regions_classes` names none of theirs.
        too_small: boxes passed over since a side is below `regions_min_pixels`.
        shares: boxes whose numbers are all of a pixel or less: shares of the image.
        wanted: boxes that are neither.
        without_id: how many of the wanted have no id.
        ids: different ids of the wanted.
        outside: boxes, of the wanted, of which no part is in the image; None: its size is unknown.
        reach: right and lower edge of the outermost of the wanted, in pixels.
        troubles: what the node says of boxes that it leaves out, by how many messages.
        matches: with the camera's frames.
    """

    messages: int
    seconds: float
    boxes: int
    labels: Mapping[str, int]
    other_classes: int = 0
    too_small: int = 0
    shares: int = 0
    wanted: int = 0
    without_id: int = 0
    ids: int = 0
    outside: int | None = None
    reach: tuple[int, int] = (0, 0)
    troubles: Mapping[str, int] = {}
    matches: Matches = Matches()

    @property
    def mean_hz(self) -> float:
        """Messages a second; 0: fewer than two."""
        return (self.messages - 1) / self.seconds if self.seconds else 0.0


class BoxTally:
    """Takes in the messages of a topic.

    Args:
        rules: which boxes the node looks at.
    """

    def __init__(self, rules: RegionRules) -> None:
        self._rules = rules
        self._arrivals: list[Arrival] = []
        self._labels: Counter[str] = Counter()
        self._troubles: Counter[str] = Counter()
        self._ids: set[str] = set()
        self._rois: list[RegionOfInterest] = []
        self._boxes = self._other = self._small = self._shares = 0
        self._wanted = self._without_id = 0

    def add(self, boxes: Iterable[Box], arrival: Arrival) -> None:
        """Take in the boxes of a message."""
        self._arrivals.append(arrival)
        read = list(islice(boxes, MOST_BOXES + 1))
        self._boxes += len(read)
        self._labels.update(label for box in read for label in set(box.labels))
        chosen = choose_regions(read, arrival.stamp_ns, self._rules)
        if chosen.trouble:
            self._troubles[chosen.trouble] += 1
        asked = set(self._rules.classes)
        of_class = [box for box in read if not asked or asked & set(box.labels)]
        self._other += len(read) - len(of_class)
        sized = choose_regions(of_class, arrival.stamp_ns, self._rules._replace(min_pixels=0))
        self._small += len(sized.regions) - len(chosen.regions)
        self._shares += sum(_is_share(box) for box in of_class)
        self._wanted += len(chosen.regions)
        self._without_id += sum(not region.id for region in chosen.regions)
        if len(self._rois) < _MOST_KEPT:
            self._ids.update(region.id for region in chosen.regions if region.id)
            self._rois += [region.roi for region in chosen.regions]

    def stream(
        self, size: tuple[int, int] | None, frames: Sequence[Arrival], patience_ms: float
    ) -> RegionStream:
        """Return what came so far.

        Args:
            size: width and height of the camera's frames, in pixels; None: not known.
            frames: of the camera, in order.
            patience_ms: time for which a frame may wait for its regions (`exact`).
        """
        came = [arrival.came_ns for arrival in self._arrivals]
        reach = [(roi.x + roi.width, roi.y + roi.height) for roi in self._rois]
        return RegionStream(
            messages=len(came),
            seconds=(came[-1] - came[0]) / 1e9 if came else 0.0,
            boxes=self._boxes,
            labels=dict(self._labels.most_common()),
            other_classes=self._other,
            too_small=self._small,
            shares=self._shares,
            wanted=self._wanted,
            without_id=self._without_id,
            ids=len(self._ids),
            outside=sum(clip(roi, *size) is None for roi in self._rois) if size else None,
            reach=(max(x for x, _ in reach), max(y for _, y in reach)) if reach else (0, 0),
            troubles=dict(self._troubles.most_common()),
            matches=match_frames(self._rules, frames, self._arrivals, patience_ms),
        )


def match_frames(
    rules: RegionRules, frames: Sequence[Arrival], regions: Sequence[Arrival], patience_ms: float
) -> Matches:
    """Match frames with regions as the node does.

    Args:
        rules: of the match.
        frames: in the order of their coming.
        regions: likewise.
        patience_ms: time for which a frame may wait for its regions (`exact`).
    """
    if not regions:
        return Matches()
    wait_ns = round(patience_ms * NS_PER_MS) if rules.match == EXACT else 0
    # Before the first regions nothing could match; the last frames may still wait for theirs.
    compared = [
        frame
        for frame in frames
        if regions[0].came_ns <= frame.came_ns and frame.came_ns + wait_ns <= regions[-1].came_ns
    ]
    match = RegionMatch(rules)
    coming = iter([*regions, None])
    newest = next(coming)
    matched = 0
    for frame in compared:
        while newest is not None and newest.came_ns <= frame.came_ns + wait_ns:
            match.take(Regions(newest.stamp_ns, ()))
            newest = next(coming)
        found = match.find(frame.stamp_ns) is not None
        match.record(frame.stamp_ns, found)
        matched += found
    came_ns = {arrival.stamp_ns: arrival.came_ns for arrival in regions}
    behind = [came_ns[f.stamp_ns] - f.came_ns for f in compared if f.stamp_ns in came_ns]
    return Matches(
        len(compared),
        matched,
        match.trouble(),
        float(np.median(behind)) / NS_PER_MS if behind else None,
    )


def _is_share(box: Box) -> bool:
    """Whether a box seems to be given in shares of the image, from 0 to 1."""
    return all(0.0 <= number <= _SHARES_BELOW for number in (box.x, box.y, box.width, box.height))
