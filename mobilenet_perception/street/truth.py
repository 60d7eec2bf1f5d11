# SPDX-License-Identifier: Apache-2.0
"""What is true of a frame: which signal its region of interest shows, and how clearly."""

import math
from typing import NamedTuple

from mobilenet_perception.street.camera import Box, Camera, facing
from mobilenet_perception.street.regions import Region
from mobilenet_perception.street.signals import BACKGROUND
from mobilenet_perception.street.world import Obstacle, Position, Post, Signal, Tree, World

# A signal lower than this in the image is not shown clearly, pixels.
CLEAR_HEIGHT = 28.0
# A light that changed less than this ago, or will, is not shown clearly, seconds.
CHANGE_TIME = 0.2
# Boards seen more from the side than cos 60 degrees are not clear.
_CLEAR_FACING = 0.5
# A signal is in a region that holds half of it and of which it fills a tenth.
_HELD, _FILLED = 0.5, 0.1
_FAR = 40.0


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


def truth_of(world: World, camera: Camera, seconds: float, region: Region) -> Truth:
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
        and box.height >= CLEAR_HEIGHT
        and camera.frame.contains(box)
        and roi.contains(box)
        and facing(signal, camera.pose) >= _CLEAR_FACING
        and signal.seconds_to_change(seconds) >= CHANGE_TIME
        and not _hidden(world, camera, signal, box)
    )
    return Truth(signal.label_at(seconds), clear, box)


def _hidden(world: World, camera: Camera, signal: Signal, box: Box) -> bool:
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


def _outline(camera: Camera, thing: Signal | Post | Tree | Obstacle) -> Box | None:
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


def _distance(camera: Camera, thing: Signal | Post | Tree | Obstacle) -> float:
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
