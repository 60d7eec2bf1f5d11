# SPDX-License-Identifier: Apache-2.0
"""Frames of a recording, each with its regions: those of its own stamp, else the nearest.

Looked up afterwards, so that regions need not have come in time: for labels and crops it counts
where a thing was, not what the node knew then.
"""

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from mobilenet_perception.frames import Frame
from mobilenet_perception.pipeline.regions import (
    LATEST,
    Region,
    RegionRules,
    Regions,
    choose_regions,
    clip,
)
from mobilenet_perception.pipeline.timing import NS_PER_MS
from mobilenet_perception.recordings import Source, SourceFrame, SourceRegions

# Messages of a camera that are kept: more than a detector can be behind.
_KEPT = 64


class FrameRegions(NamedTuple):
    """A frame and its regions; None: its camera has none, and the frame counts as a whole."""

    frame: SourceFrame
    regions: tuple[Region, ...] | None


def frames_with_regions(source: Source, rules: RegionRules) -> Iterator[FrameRegions]:
    """Yield the frames of a source in their order, each with its regions.

    Args:
        source: with or without regions.
        rules: which boxes to take and how; under `exact` those of a frame's own stamp alone.

    Raises:
        PerceptionError: the source fails.
    """
    kept: dict[str, deque[Regions]] = {
        camera.name: deque(maxlen=_KEPT) for camera in source.cameras if camera.regions
    }
    waiting: deque[SourceFrame] = deque()
    patience_ns = rules.max_age_ms * NS_PER_MS
    for item in source.items():
        if isinstance(item, SourceRegions):
            kept[item.camera].append(choose_regions(item.boxes, item.stamp_ns, rules))
        else:
            waiting.append(item)
        while waiting and (
            item.log_ns - waiting[0].log_ns > patience_ns or _is_ready(waiting[0], kept)
        ):
            yield _found(waiting.popleft(), kept, rules)
    for frame in waiting:
        yield _found(frame, kept, rules)


def inside(regions: tuple[Region, ...], frame: Frame) -> Iterator[Region]:
    """Yield regions as far as they lie in a decoded frame."""
    width, height = (round(side / frame.scale) for side in (frame.width, frame.height))
    for region in regions:
        if roi := clip(region.roi, width, height):
            yield region._replace(roi=roi)


def _is_ready(frame: SourceFrame, kept: dict[str, deque[Regions]]) -> bool:
    own = kept.get(frame.camera)
    return own is None or any(regions.stamp_ns == frame.stamp_ns for regions in own)


def _found(
    frame: SourceFrame, kept: dict[str, deque[Regions]], rules: RegionRules
) -> FrameRegions:
    own = kept.get(frame.camera)
    if own is None:
        return FrameRegions(frame, None)
    most_ns = rules.max_age_ms * NS_PER_MS if rules.match == LATEST else 0
    nearest = min(own, key=lambda one: abs(one.stamp_ns - frame.stamp_ns), default=None)
    if nearest is None or abs(nearest.stamp_ns - frame.stamp_ns) > most_ns:
        return FrameRegions(frame, ())
    return FrameRegions(frame, tuple(nearest.regions))
