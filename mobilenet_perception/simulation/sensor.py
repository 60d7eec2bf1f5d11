# SPDX-License-Identifier: Apache-2.0
"""What a small camera does to an image: soft optics, motion blur and noise."""

import cv2
import numpy as np

from mobilenet_perception.simulation.shapes import Pixels

_NOISE = 2.2
_MARGIN = 64


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
