# SPDX-License-Identifier: Apache-2.0
"""The camera of the drawn street: a pinhole, where the world appears in its image, and a sensor.

The sensor does to a picture what that of a small camera does: soft optics, motion blur and noise.
"""

import math
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from mobilenet_perception.street.shapes import Pixels
from mobilenet_perception.street.signals import extent
from mobilenet_perception.street.world import Mount, Position, Signal

Matrix = npt.NDArray[np.float64]

# Nearer than this, in metres along the optical axis, nothing is seen.
NEAR = 0.25
# Of a sensor, standard deviation in levels of 255; and by how many pixels its field is shifted.
_NOISE = 2.2
_MARGIN = 64


class Pose(NamedTuple):
    """A place and a direction: metres and radians; positive pitch looks down (REP 103)."""

    x: float
    y: float
    z: float
    yaw: float
    pitch: float


class ImagePoint(NamedTuple):
    """A point of the image: u right and v down from the upper left corner of the image.

    Units are pixels, and pixel (0, 0) reaches from 0 to 1 in both. `depth` is the distance
    along the optical axis, in metres.
    """

    u: float
    v: float
    depth: float


class Box(NamedTuple):
    """An upright rectangle of the image in pixels, possibly reaching beyond it.

    Of pictures whose size is not known, in shares of their width and height.
    """

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Pixels from left to right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Pixels from top to bottom."""
        return self.bottom - self.top

    def contains(self, other: 'Box') -> bool:
        """Tell whether another box lies inside this one; touching edges are inside."""
        return (
            self.left <= other.left
            and self.top <= other.top
            and other.right <= self.right
            and other.bottom <= self.bottom
        )

    @property
    def area(self) -> float:
        """Square pixels."""
        return self.width * self.height

    def shared_area(self, other: 'Box') -> float:
        """Return the area that two boxes share; 0: none."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0.0, across) * max(0.0, down)

    def overlaps(self, other: 'Box') -> bool:
        """Tell whether two boxes share an area."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


class PinholeCamera(NamedTuple):
    """A camera without distortion, its optical axis through the middle of the image.

    Attributes:
        width: of the image in pixels.
        height: of the image in pixels.
        horizontal_fov: angle between the left and the right edge, in radians.
        pose: where it is and looks.
    """

    width: int
    height: int
    horizontal_fov: float
    pose: Pose

    @property
    def focal_length(self) -> float:
        """Focal length in pixels, the same for both axes."""
        return self.width / 2 / math.tan(self.horizontal_fov / 2)

    @property
    def frame(self) -> Box:
        """The image itself."""
        return Box(0.0, 0.0, float(self.width), float(self.height))

    def matrix(self) -> Matrix:
        """Return the (3, 4) projection: (x, y, z, 1) to (u, v, 1) times depth."""
        x, y, z, yaw, pitch = self.pose
        cos, sin, level, down = math.cos(yaw), math.sin(yaw), math.cos(pitch), math.sin(pitch)
        ahead = (cos * level, sin * level, -down)
        left = (-sin, cos, 0.0)
        up = (cos * down, sin * down, level)
        focal, middle_u, middle_v = self.focal_length, self.width / 2, self.height / 2
        rows = (
            [middle_u * a - focal * b for a, b in zip(ahead, left, strict=True)],
            [middle_v * a - focal * b for a, b in zip(ahead, up, strict=True)],
            ahead,
        )
        return np.array([[*row, -(row[0] * x + row[1] * y + row[2] * z)] for row in rows])

    def project(self, point: Position) -> ImagePoint | None:
        """Return where a point appears, inside the image or beyond it; None: behind the camera."""
        u, v, depth = self.matrix() @ np.array([*point, 1.0])
        if depth < NEAR:
            return None
        return ImagePoint(float(u / depth), float(v / depth), float(depth))

    def box_of(self, signal: Signal, label: str) -> Box | None:
        """Return the rectangle around a signal that shows a label.

        Args:
            signal: whose drawing is meant, its board's empty margins left out.
            label: what it shows now.

        Returns:
            The box, not clipped to the image; None where a part of it is behind the camera or
            it faces away.
        """
        if facing(signal, self.pose) <= 0.0:
            return None
        corners = board_corners(signal, extent(label, signal.variant))
        homogeneous = self.matrix() @ np.vstack([np.array(corners).T, np.ones(4)])
        if homogeneous[2].min() < NEAR:
            return None
        u, v = homogeneous[:2] / homogeneous[2]
        return Box(float(u.min()), float(v.min()), float(u.max()), float(v.max()))


def camera_at(
    x: float, y: float, yaw: float, mount: Mount, size: tuple[int, int]
) -> PinholeCamera:
    """Return the camera of a robot that stands somewhere.

    Args:
        x: of the robot, metres.
        y: of the robot, metres.
        yaw: direction of the robot, radians.
        mount: how the camera sits on it.
        size: (width, height) of its images in pixels.
    """
    pose = Pose(x, y, mount.height, yaw + mount.yaw, mount.pitch)
    return PinholeCamera(*size, mount.horizontal_fov, pose)


def facing(signal: Signal, pose: Pose) -> float:
    """Return the cosine of the angle under which a board is seen: 1 straight on, 0 edge on."""
    away = (pose.x - signal.position.x, pose.y - signal.position.y)
    distance = math.hypot(*away) or 1.0
    return (away[0] * math.cos(signal.yaw) + away[1] * math.sin(signal.yaw)) / distance


def board_corners(
    signal: Signal, share: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
) -> list[Position]:
    """Return corners of a signal's board: upper left, upper right, lower right, lower left.

    Args:
        signal: the board.
        share: left, top, right, bottom of the part wanted, in shares of the board as seen
            from its front.
    """
    left, top, right, bottom = (value - 0.5 for value in share)
    x, y, z = signal.position
    across = (-math.sin(signal.yaw) * signal.size, math.cos(signal.yaw) * signal.size)
    return [
        Position(x + u * across[0], y + u * across[1], z - v * signal.size)
        for u, v in ((left, top), (right, top), (right, bottom), (left, bottom))
    ]


class Sensor:
    """Exposes pictures; noise is a fixed field, shifted anew for each frame."""

    def __init__(self, seed: int = 0) -> None:
        """Prepare the noise of a seed; its field is made when the image size is known."""
        self._seed = seed
        self._fields: dict[tuple[int, int], tuple[Pixels, Pixels]] = {}

    def expose(self, picture: Pixels, seconds: float, blur: int = 0) -> Pixels:
        """Return the picture as the sensor reads it, the same for the same time.

        Args:
            picture: (height, width, 3) uint8 RGB.
            seconds: time of the exposure, chooses the noise.
            blur: rows over which motion smears the image; below 2: none.
        """
        softened = cv2.blur(picture, (1, blur)) if blur > 1 else picture
        rows, columns = picture.shape[:2]
        brighter, darker = self._field(rows, columns)
        rng = np.random.default_rng([self._seed, round(seconds * 1e6)])
        down, right = (int(value) for value in rng.integers(0, _MARGIN, 2))
        part = np.s_[down : down + rows, right : right + columns]
        exposed = cv2.subtract(cv2.add(softened, brighter[part]), darker[part])
        return exposed  # type: ignore[return-value]

    def _field(self, rows: int, columns: int) -> tuple[Pixels, Pixels]:
        if (rows, columns) not in self._fields:
            rng = np.random.default_rng([self._seed, 5])
            shape = (rows + _MARGIN, columns + _MARGIN, 3)
            noise = np.round(rng.normal(0.0, _NOISE, shape))
            # Two unsigned fields: OpenCV adds and subtracts bytes with saturation at full speed.
            self._fields[rows, columns] = (
                np.maximum(noise, 0).astype(np.uint8),
                np.maximum(-noise, 0).astype(np.uint8),
            )
        return self._fields[rows, columns]
