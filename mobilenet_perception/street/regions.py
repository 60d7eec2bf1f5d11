# SPDX-License-Identifier: Apache-2.0
"""The region of interest of a drawn drive, and the truth of what it, or a signal, shows.

It is around the next signal on the robot's route. What it shows, and how clearly, is what answers
are judged by.
"""

import math
from typing import NamedTuple

from mobilenet_perception.frames import RegionOfInterest
from mobilenet_perception.street.camera import Box, PinholeCamera, facing
from mobilenet_perception.street.signals import BACKGROUND
from mobilenet_perception.street.world import Obstacle, Position, Post, Signal, Tree, World

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
# A signal lower than this in the image is not shown clearly, pixels.
CLEAR_HEIGHT = 28.0
# A light that changed less than this ago, or will, is not shown clearly, seconds.
CHANGE_TIME = 0.2
# Boards seen more from the side than cos 60 degrees are not clear.
_CLEAR_FACING = 0.5
# A signal is in a region that holds half of it and of which it fills a tenth.
_HELD, _FILLED = 0.5, 0.1
_FAR = 40.0


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


class Truth(NamedTuple):
    """The right answer for a frame.

    Attributes:
        label: what the region of interest shows, `background` for no signal.
        clear: whether an answer can be asked for.
        box: of the signal in the image, None for background.
    """

    label: str
    clear: bool
    box: Box | None


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

    def look(self, camera: PinholeCamera) -> Region:
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
    cameras: list[PinholeCamera], signals: tuple[Signal, ...], rate_hz: float
) -> list[Region]:
    """Plan the regions of a whole drive.

    Args:
        cameras: the camera of each frame as the map knows it, without vibration.
        signals: all signals of the world.
        rate_hz: frames a second.
    """
    planner = RegionPlanner(signals, rate_hz)
    return [planner.look(camera) for camera in cameras]


def truth_of(world: World, camera: PinholeCamera, seconds: float, region: Region) -> Truth:
    """Tell what a region of interest shows at a time."""
    roi = Box(
        region.roi.x,
        region.roi.y,
        region.roi.x + region.roi.width,
        region.roi.y + region.roi.height,
    )
    shown: list[tuple[float, Signal, Box]] = []
    touched = False
    for signal in world.signals:
        if not 0.0 < signal.position.x - camera.pose.x < _FAR:
            continue
        box = camera.box_of(signal, signal.label_at(seconds))
        common = 0.0 if box is None else _common(box, roi)
        if box is None or common <= 0.0:
            continue
        touched = True
        if common > _HELD * _area(box) and common > _FILLED * _area(roi):
            shown.append((common, signal, box))
    if not shown:
        return Truth(BACKGROUND, region.settled and not touched, None)
    _, signal, box = max(shown, key=lambda candidate: candidate[0])
    clear = (
        region.settled
        and region.signal == signal
        and roi.contains(box)
        and _is_clear(world, camera, seconds, signal, box)
    )
    return Truth(signal.label_at(seconds), clear, box)


def truth_of_signal(
    world: World, camera: PinholeCamera, seconds: float, signal: Signal
) -> Truth | None:
    """Tell what a signal shows to a camera at a time; None: it is far, or not wholly in view."""
    if _distance(camera, signal) >= RANGE or _box_in_view(camera, signal) is None:
        return None
    box = camera.box_of(signal, signal.label_at(seconds))
    clear = box is not None and _is_clear(world, camera, seconds, signal, box)
    return Truth(signal.label_at(seconds), clear, box)


def _is_clear(
    world: World, camera: PinholeCamera, seconds: float, signal: Signal, box: Box
) -> bool:
    return (
        box.height >= CLEAR_HEIGHT
        and camera.frame.contains(box)
        and facing(signal, camera.pose) >= _CLEAR_FACING
        and signal.seconds_to_change(seconds) >= CHANGE_TIME
        and not _hidden(world, camera, signal, box)
    )


def _target(camera: PinholeCamera, signals: tuple[Signal, ...]) -> _Target:
    """Return the nearest signal ahead that is wholly in the image, and the box to look at."""
    nearest, found = RANGE, _Target(None, _default(camera))
    for signal in signals:
        distance = _distance(camera, signal)
        if distance >= nearest:
            continue
        box = _box_in_view(camera, signal)
        if box is not None:
            nearest, found = distance, _Target(signal, _widened(box))
    return found


def _box_in_view(camera: PinholeCamera, signal: Signal) -> Box | None:
    """Return the box of a signal that is wholly in the image; None: it is not, or turned away."""
    if facing(signal, camera.pose) < _FACING:
        return None
    # The map knows where a light hangs, not what it shows: any phase has the same box.
    box = camera.box_of(signal, signal.programme[0].label)
    frame = camera.frame
    inner = Box(_EDGE, _EDGE, frame.right - _EDGE, frame.bottom - _EDGE)
    return box if box is not None and inner.contains(box) else None


def _default(camera: PinholeCamera) -> Box:
    """Return where signals near the robot appear: above the middle of the image."""
    half = 0.11 * camera.width
    middle_u, middle_v = camera.width / 2, 0.3 * camera.height
    return Box(middle_u - half, middle_v - half, middle_u + half, middle_v + half)


def _widened(box: Box) -> Box:
    margin = _MARGIN * max(box.width, box.height)
    return Box(box.left - margin, box.top - margin, box.right + margin, box.bottom + margin)


def _between(first: Box, second: Box, share: float) -> Box:
    return Box(*(a + (b - a) * share for a, b in zip(first, second, strict=True)))


def _quantised(box: Box, camera: PinholeCamera) -> RegionOfInterest:
    left = max(0, math.floor(box.left / _STEP) * _STEP)
    top = max(0, math.floor(box.top / _STEP) * _STEP)
    right = min(camera.width, math.ceil(box.right / _STEP) * _STEP)
    bottom = min(camera.height, math.ceil(box.bottom / _STEP) * _STEP)
    return RegionOfInterest(left, top, right - left, bottom - top)


def _hidden(world: World, camera: PinholeCamera, signal: Signal, box: Box) -> bool:
    """Tell whether something nearer to the camera may cover a part of a signal."""
    reach = _distance(camera, signal)
    others: list[Signal | Post | Tree | Obstacle] = [*world.signals, *world.posts, *world.trees]
    for other in (*others, *world.obstacles):
        if other is signal or _distance(camera, other) >= reach:
            continue
        cover = _outline(camera, other)
        if cover is not None and cover.overlaps(box):
            return True
    return False


def _outline(camera: PinholeCamera, thing: Signal | Post | Tree | Obstacle) -> Box | None:
    """Return the box in the image of something that stands upright."""
    if isinstance(thing, Obstacle):
        points = [camera.project(corner) for corner in thing.corners()]
        seen = [point for point in points if point is not None]
        if len(seen) < len(points):
            return None
        across, down = [point.u for point in seen], [point.v for point in seen]
        return Box(min(across), min(down), max(across), max(down))
    if isinstance(thing, Signal):
        low, high, half = -thing.size / 2, thing.size / 2, thing.size / 2
    elif isinstance(thing, Post):
        low, high, half = 0.0, thing.height, thing.radius
    else:
        # The crown: its drawing is two thirds as wide as the tree is high, and round.
        low, high, half = thing.height * 0.35, thing.height * 0.98, thing.height * 0.3
    ends = [camera.project(_raised(thing.position, by)) for by in (low, high)]
    if ends[0] is None or ends[1] is None:
        return None
    wide = half * camera.focal_length / min(ends[0].depth, ends[1].depth)
    middles = (ends[0].u, ends[1].u)
    return Box(min(middles) - wide, ends[1].v, max(middles) + wide, ends[0].v)


def _distance(camera: PinholeCamera, thing: Signal | Post | Tree | Obstacle) -> float:
    """Return the distance on the ground, which puts a board before the post that carries it."""
    x, y, _ = thing.position
    return math.hypot(x - camera.pose.x, y - camera.pose.y)


def _raised(position: Position, by: float) -> Position:
    return position._replace(z=position.z + by)


def _common(first: Box, second: Box) -> float:
    if not first.overlaps(second):
        return 0.0
    width = min(first.right, second.right) - max(first.left, second.left)
    height = min(first.bottom, second.bottom) - max(first.top, second.top)
    return width * height


def _area(box: Box) -> float:
    return box.width * box.height
