# SPDX-License-Identifier: Apache-2.0
"""The region of interest that a robot with a map sets: around the next signal on its route."""

import math
from typing import NamedTuple

from mobilenet_perception.frames import RegionOfInterest
from mobilenet_perception.street.camera import Box, Camera, facing
from mobilenet_perception.street.world import Signal

# A signal is looked at from this distance on, metres.
RANGE = 8.0
# Free pixels between a signal and the image's edge; with less the next signal is looked at.
_EDGE = 6.0
# The region reaches beyond the signal by this share of its longer side, on each side.
_MARGIN = 0.15
_STEP = 4
# The region moves from one signal to the next in this time, seconds.
GLIDE = 0.25
# cos 60 degrees: a board seen more from the side is not looked at.
_FACING = 0.5


class Region(NamedTuple):
    """Where to look, and why.

    Attributes:
        roi: the region, its edges at multiples of 4 pixels, inside the image.
        signal: what it is around; None: nothing is near, the region is the default one.
        settled: False while it moves from one signal to the next.
    """

    roi: RegionOfInterest
    signal: Signal | None
    settled: bool


class _Target(NamedTuple):
    signal: Signal | None
    box: Box


class RegionPlanner:
    """Plans the regions of a drive, frame by frame."""

    def __init__(self, signals: tuple[Signal, ...], rate_hz: float) -> None:
        """Prepare for the signals of a world, and so many frames a second."""
        self._signals = signals
        self._glide = max(1, round(GLIDE * rate_hz))
        self._since = self._glide
        self._current: Signal | None = None
        self._last: Box | None = None
        self._start: Box | None = None

    def look(self, camera: Camera) -> Region:
        """Return the region of the next frame.

        Args:
            camera: where it is, as the map knows it, without vibration.
        """
        target = _target(camera, self._signals)
        if self._last is None or self._start is None:
            self._last = self._start = _default(camera)
        if target.signal is not self._current:
            self._current, self._start, self._since = target.signal, self._last, 0
        share = min(1.0, self._since / self._glide)
        self._since += 1
        self._last = _between(self._start, target.box, share * share * (3 - 2 * share))
        return Region(_quantised(self._last, camera), self._current, share >= 1.0)


def plan_regions(
    cameras: list[Camera], signals: tuple[Signal, ...], rate_hz: float
) -> list[Region]:
    """Plan the regions of a whole drive.

    Args:
        cameras: the camera of each frame as the map knows it, without vibration.
        signals: all signals of the world.
        rate_hz: frames a second.
    """
    planner = RegionPlanner(signals, rate_hz)
    return [planner.look(camera) for camera in cameras]


def _target(camera: Camera, signals: tuple[Signal, ...]) -> _Target:
    """Return the nearest signal ahead that is wholly in the image, and the box to look at."""
    nearest, found = RANGE, _Target(None, _default(camera))
    frame = camera.frame
    inner = Box(_EDGE, _EDGE, frame.right - _EDGE, frame.bottom - _EDGE)
    for signal in signals:
        distance = math.hypot(signal.position.x - camera.pose.x, signal.position.y - camera.pose.y)
        if distance >= nearest or facing(signal, camera.pose) < _FACING:
            continue
        # The map knows where a light hangs, not what it shows: any phase has the same box.
        box = camera.box_of(signal, signal.programme[0].label)
        if box is not None and inner.contains(box):
            nearest, found = distance, _Target(signal, _widened(box))
    return found


def _default(camera: Camera) -> Box:
    """Return where signals near the robot appear: above the middle of the image."""
    half = 0.11 * camera.width
    middle_u, middle_v = camera.width / 2, 0.3 * camera.height
    return Box(middle_u - half, middle_v - half, middle_u + half, middle_v + half)


def _widened(box: Box) -> Box:
    margin = _MARGIN * max(box.width, box.height)
    return Box(box.left - margin, box.top - margin, box.right + margin, box.bottom + margin)


def _between(first: Box, second: Box, share: float) -> Box:
    return Box(*(a + (b - a) * share for a, b in zip(first, second, strict=True)))


def _quantised(box: Box, camera: Camera) -> RegionOfInterest:
    left = max(0, math.floor(box.left / _STEP) * _STEP)
    top = max(0, math.floor(box.top / _STEP) * _STEP)
    right = min(camera.width, math.ceil(box.right / _STEP) * _STEP)
    bottom = min(camera.height, math.ceil(box.bottom / _STEP) * _STEP)
    return RegionOfInterest(left, top, right - left, bottom - top)
