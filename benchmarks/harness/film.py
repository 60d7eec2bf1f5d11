# SPDX-License-Identifier: Apache-2.0
"""Videos made of photographs: what a camera sees that comes nearer."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

# Of all pictures, in pixels.
HEIGHT, WIDTH = 480, 640
# How much of the way to a photograph is gone in it.
_NEARER = 0.3
Pixels = npt.NDArray[np.uint8]


def write_film(video: Path, pictures: Iterable[Pixels], rate_hz: float) -> Path:
    """Write RGB pictures of 640x480 as a video (`.avi`); return its path."""
    code = cv2.VideoWriter.fourcc(*'MJPG')
    writer = cv2.VideoWriter(str(video), code, rate_hz, (WIDTH, HEIGHT))
    for picture in pictures:
        writer.write(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    writer.release()
    return video


def approach(photograph: Pixels, count: int) -> Iterator[Pixels]:
    """Yield so many pictures of a camera that comes nearer to the middle of an RGB photograph."""
    height, width = photograph.shape[:2]
    for number in range(count):
        tall = int(min(height, width * HEIGHT / WIDTH) * (1.0 - _NEARER * number / count))
        wide = tall * WIDTH // HEIGHT
        top, left = (height - tall) // 2, (width - wide) // 2
        cut = photograph[top : top + tall, left : left + wide]
        yield np.asarray(cv2.resize(cut, (WIDTH, HEIGHT)), np.uint8)
