# SPDX-License-Identifier: Apache-2.0
"""Regions of a frame: boxes from a detector or a map, checked, and where each is looked at.

The box of a thing, with its name, becomes an upright rectangle in whole pixels of the camera.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import NamedTuple

from mobilenet_perception.frames import RegionOfInterest
from mobilenet_perception.frames.boxes import Box

EXACT, LATEST = 'exact', 'latest'
# A message with more boxes than these is not read to its end: that alone would take too long.
MOST_BOXES = 1000
# Pixels: what is further out is no place in any image, and would not fit an integer of ROS.
_FARTHEST = 1e6


class RegionRules(NamedTuple):
    """Which boxes to look at, and with which frame.

    Attributes:
        match: `exact`: with the frame of the same stamp; `latest`: the newest regions with any
            frame.
        max_age_ms: time between the stamps of regions and frame from which they are no longer
            used (`latest`).
        classes: the detector's labels to look at; empty: all.
        margin: what to add on each side, as a share of the box's width and height.
        min_pixels: side below which a box is too small to look at.
        most: regions of a frame to look at.
    """

    match: str = LATEST
    max_age_ms: float = 200.0
    classes: Sequence[str] = ()
    margin: float = 0.1
    min_pixels: int = 8
    most: int = 16


class Region(NamedTuple):
    """Where to look, and the id of the thing that is there; empty: not known again."""

    id: str
    roi: RegionOfInterest


class Regions(NamedTuple):
    """The regions of one moment.

    Attributes:
        stamp_ns: capture stamp of the image that they belong to.
        regions: what to look at.
        trouble: what is wrong with the boxes that were left out, in words; empty: nothing.
    """

    stamp_ns: int
    regions: Sequence[Region]
    trouble: str = ''


def choose_regions(boxes: Iterable[Box], stamp_ns: int, rules: RegionRules) -> Regions:
    """Return the regions of a message's boxes.

    Boxes of other classes and those too small are passed over; what cannot be meant (sides or
    places that are no numbers, a second box of the same id) is left out and said.
    """
    boxes = iter(boxes)
    regions: list[Region] = []
    ids: set[str] = set()
    wrong: Counter[str] = Counter()
    for box in islice(boxes, MOST_BOXES):
        if rules.classes and not set(rules.classes) & set(box.labels):
            continue
        if reason := _wrong(box):
            wrong[reason] += 1
        elif box.id and box.id in ids:
            wrong[f'a second box of the id {box.id}'] += 1
        else:
            ids.add(box.id)
            roi = upright(box, rules.margin)
            if min(roi.width, roi.height) >= rules.min_pixels:
                regions.append(Region(box.id, roi))
    if next(boxes, None) is not None:
        wrong[f'boxes after the first {MOST_BOXES}'] += 1
    return Regions(stamp_ns, regions, _trouble(wrong))


def upright(box: Box, margin: float = 0.0) -> RegionOfInterest:
    """Return the upright rectangle around a box, in whole pixels; it may leave the image."""
    cos, sin = abs(math.cos(box.theta)), abs(math.sin(box.theta))
    half_width = (box.width * cos + box.height * sin) * (0.5 + margin)
    half_height = (box.width * sin + box.height * cos) * (0.5 + margin)
    left, top = math.floor(box.x - half_width), math.floor(box.y - half_height)
    right, bottom = math.ceil(box.x + half_width), math.ceil(box.y + half_height)
    return RegionOfInterest(left, top, right - left, bottom - top)


def clip(roi: RegionOfInterest, width: int, height: int) -> RegionOfInterest | None:
    """Return the part of a rectangle that lies in an image of these sides; None: none does."""
    left, top = max(0, roi.x), max(0, roi.y)
    right, bottom = min(width, roi.x + roi.width), min(height, roi.y + roi.height)
    if right <= left or bottom <= top:
        return None
    return RegionOfInterest(left, top, right - left, bottom - top)


def overlap(one: RegionOfInterest, other: RegionOfInterest) -> float:
    """Return intersection over union of two rectangles, 0 to 1."""
    width = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    height = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (one.width * one.height + other.width * other.height - shared)


def _wrong(box: Box) -> str:
    numbers = (box.x, box.y, box.width, box.height, box.theta)
    if not all(math.isfinite(number) for number in numbers):
        return 'a box with a number that is not finite'
    if not (0 < box.width <= _FARTHEST and 0 < box.height <= _FARTHEST):
        return f'a box of {box.width:g}x{box.height:g} pixels'
    if max(abs(box.x), abs(box.y)) > _FARTHEST:
        return f'a box at {box.x:g}, {box.y:g}'
    return ''


def _trouble(wrong: Counter[str]) -> str:
    if not wrong:
        return ''
    first = next(iter(wrong))
    others = wrong.total() - 1
    more = f', and {others} more' if others else ''
    return f'regions were left out: {first}{more}: look at what publishes them'
