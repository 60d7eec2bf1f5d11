# SPDX-License-Identifier: Apache-2.0
"""The camera model of a `sensor_msgs/CameraInfo`: points before the camera to pixels, by OpenCV.

Lenses: `plumb_bob` and `rational_polynomial` (OpenCV's polynomials) and `equidistant` (its
fisheye). Axes are those of an optical frame, REP 103: x right, y down, z ahead.
"""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from mobilenet_perception.errors import PerceptionError

Array = npt.NDArray[np.float64]

# Nearer than this along the optical axis nothing is projected, metres.
NEAR = 0.1
PLUMB_BOB, RATIONAL, EQUIDISTANT = 'plumb_bob', 'rational_polynomial', 'equidistant'
# How many coefficients OpenCV takes of each; the names are those of sensor_msgs, and of others.
_COEFFICIENTS = {PLUMB_BOB: (4, 5), RATIONAL: (8, 12, 14), EQUIDISTANT: (4,)}
_OTHER_NAMES = {'fisheye': EQUIDISTANT, 'kannala_brandt': EQUIDISTANT}
# Up to this angle from the optical axis a lens is looked at, radians; OpenCV's end at a right one.
_WIDEST = np.deg2rad(89.0)
_STEPS = 2000


class CameraInfo(NamedTuple):
    """A `sensor_msgs/CameraInfo`; fields are named as there.

    Attributes:
        width: of the image at full resolution, in pixels.
        height: likewise.
        distortion_model: of the lens; empty: none.
        d: its coefficients.
        k: camera matrix of the raw image, 9 numbers; k[0] of 0: not calibrated.
        r: rotation into the rectified camera, 9 numbers.
        p: projection of the rectified image, 12 numbers.
        binning: pixels joined across and down; 0 as 1.
        roi: x, y, width and height of the part that was read out; of size 0: all.
    """

    width: int
    height: int
    distortion_model: str
    d: Sequence[float]
    k: Sequence[float]
    r: Sequence[float] = (1, 0, 0, 0, 1, 0, 0, 0, 1)
    p: Sequence[float] = ()
    binning: tuple[int, int] = (1, 1)
    roi: tuple[int, int, int, int] = (0, 0, 0, 0)


class CameraModel:
    """Where points before a camera appear in its image.

    Attributes:
        width: of the image as it is published, in pixels.
        height: likewise.

    Args:
        info: the calibration.
        rectified: whether its images are rectified, as those of `image_rect` are; else raw.

    Raises:
        PerceptionError: it is no calibration, or of a lens that is not known.
    """

    def __init__(self, info: CameraInfo, rectified: bool = False) -> None:
        x, y, width, height = info.roi
        if not (width and height):
            x, y, width, height = 0, 0, info.width, info.height
        across, down = (max(1, joined) for joined in info.binning)
        self.width, self.height = width // across, height // down
        self._origin = np.array([x, y], float)
        self._joined = np.array([across, down], float)
        self._rotation: Array = np.eye(3)
        self._shift: Array = np.zeros(3)
        self._coefficients: Array
        if rectified:
            self._model, self._coefficients = PLUMB_BOB, np.zeros(5)
            projection = _numbers(info.p, 12, 'projection p').reshape(3, 4)
            self._matrix = projection[:, :3]
            _check(info, self._matrix)
            self._rotation = _numbers(info.r, 9, 'rotation r').reshape(3, 3)
            # Of the second camera of a pair: its distance from the first.
            self._shift = np.asarray(np.linalg.solve(self._matrix, projection[:, 3]), float)
        else:
            self._matrix = _numbers(info.k, 9, 'camera matrix k').reshape(3, 3)
            _check(info, self._matrix)
            self._model, self._coefficients = _lens(info)
        self._widest = _widest(self._model, self._coefficients)

    def project(self, points: Array) -> tuple[Array, npt.NDArray[np.bool_]]:
        """Return where points appear, inside the image or beyond it.

        Args:
            points: (n, 3) in the camera's optical frame, metres.

        Returns:
            (n, 2) pixels, u right and v down, pixel 0 reaching from -0.5 to 0.5 as in OpenCV; and
            (n,) whether that is so: not of points behind the camera, or so far aside that the
            lens's formula no longer holds and would fold them back into the image.
        """
        points = points @ self._rotation.T + self._shift
        good = points[:, 2] > NEAR
        # Those behind have no place; any will do.
        safe = np.where(good[:, None], points, (0.0, 0.0, 1.0))
        good &= np.hypot(safe[:, 0], safe[:, 1]) <= self._widest * safe[:, 2]
        none = np.zeros(3)
        if self._model == EQUIDISTANT:
            # The fisheye's own function fails on an empty array.
            pixels, _ = cv2.fisheye.projectPoints(
                np.ascontiguousarray(safe[:, None]), none, none, self._matrix, self._coefficients
            )
        else:
            pixels, _ = cv2.projectPoints(safe, none, none, self._matrix, self._coefficients)
        image: Array = (np.reshape(pixels, (-1, 2)) - self._origin + 0.5) / self._joined - 0.5
        return image, good


def _check(info: CameraInfo, matrix: Array) -> None:
    """Raise PerceptionError where a camera has no calibration."""
    if not (info.width and info.height):
        raise PerceptionError(
            f'its CameraInfo is of an image of {info.width}x{info.height} pixels: let the driver '
            'state the size of its images'
        )
    if not (matrix[0, 0] > 0 and matrix[1, 1] > 0):
        raise PerceptionError(
            'the camera is not calibrated (focal length 0 in its CameraInfo): calibrate it, with '
            'ros2 run camera_calibration cameracalibrator, and let its driver publish the result'
        )


def _lens(info: CameraInfo) -> tuple[str, Array]:
    model = _OTHER_NAMES.get(info.distortion_model, info.distortion_model)
    if not any(info.d) and model in ('', *_COEFFICIENTS):
        # All zeros of a fisheye are a lens too.
        count = 4 if model == EQUIDISTANT else 5
        return model or PLUMB_BOB, np.zeros(count)
    if model not in _COEFFICIENTS:
        raise PerceptionError(
            f'the distortion model {info.distortion_model!r} of its CameraInfo is not known: it '
            f'must be one of {", ".join(_COEFFICIENTS)}'
        )
    counts = _COEFFICIENTS[model]
    if len(info.d) not in counts:
        raise PerceptionError(
            f'its CameraInfo has {len(info.d)} coefficients d: {model} has '
            f'{" or ".join(map(str, counts))}'
        )
    return model, _numbers(info.d, len(info.d), 'coefficients d')


def _numbers(values: Sequence[float], count: int, what: str) -> Array:
    numbers = np.array(list(values), float)
    if len(numbers) != count or not np.isfinite(numbers).all():
        raise PerceptionError(f'the {what} of its CameraInfo must be {count} finite numbers')
    return numbers


def _widest(model: str, coefficients: Array) -> float:
    """Return the tangent of the angle from the optical axis up to which a lens maps one to one."""
    angles = np.linspace(0.0, _WIDEST, _STEPS)
    if model == EQUIDISTANT:
        squares = angles**2
        k1, k2, k3, k4 = coefficients
        mapped = angles * (1 + squares * (k1 + squares * (k2 + squares * (k3 + squares * k4))))
    else:
        radii = np.tan(angles)
        squares = radii**2
        k1, k2, _, _, k3, k4, k5, k6 = np.concatenate([coefficients, np.zeros(8)])[:8]
        above = 1 + squares * (k1 + squares * (k2 + squares * k3))
        below = 1 + squares * (k4 + squares * (k5 + squares * k6))
        mapped = radii * above / np.where(below == 0, np.inf, below)
    falls = np.flatnonzero(np.diff(mapped) <= 0)
    return float(np.tan(angles[falls[0]] if len(falls) else _WIDEST))
