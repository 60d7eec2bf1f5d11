# SPDX-License-Identifier: Apache-2.0
"""Boxes on the ground, drawn from a camera."""

import cv2
import numpy as np
import numpy.typing as npt

from mobilenet_perception.simulation.camera import Camera
from mobilenet_perception.simulation.shapes import Pixels
from mobilenet_perception.simulation.world import Obstacle

# Corners of each side as `Obstacle.corners` numbers them, its direction outwards, and how much
# of the light it gets.
_SIDES = (
    ((0, 3, 7, 4), (-1, 0, 0), 0.85),
    ((1, 5, 6, 2), (1, 0, 0), 0.7),
    ((0, 4, 5, 1), (0, -1, 0), 0.75),
    ((3, 2, 6, 7), (0, 1, 0), 0.75),
    ((4, 7, 6, 5), (0, 0, 1), 1.1),
)
# Fractional bits of OpenCV's fixed-point coordinates.
_SHIFT = 4


def draw_box(
    picture: Pixels, camera: Camera, box: Obstacle, gains: npt.NDArray[np.float32]
) -> None:
    """Draw the sides of a box that face the camera, in place.

    Args:
        picture: (height, width, 3) uint8 RGB.
        camera: whose image it is. A box that reaches behind it is left out.
        box: what to draw.
        gains: how daylight scales red, green and blue, (3,).
    """
    corners = box.corners()
    points = [camera.project(corner) for corner in corners]
    pose = camera.pose
    for numbers, outwards, shade in _SIDES:
        corner = corners[numbers[0]]
        away = (pose.x - corner.x, pose.y - corner.y, pose.z - corner.z)
        if sum(a * b for a, b in zip(away, outwards, strict=True)) <= 0.0:
            continue
        side = [point for number in numbers if (point := points[number]) is not None]
        if len(side) == len(numbers):
            outline = np.array([(point.u, point.v) for point in side]) - 0.5
            fixed = np.round(np.clip(outline, -20000, 20000) * (1 << _SHIFT)).astype(np.int32)
            colour = np.clip(np.array(box.colour) * gains * shade, 0, 255).tolist()
            cv2.fillConvexPoly(picture, fixed, colour, cv2.LINE_AA, _SHIFT)
