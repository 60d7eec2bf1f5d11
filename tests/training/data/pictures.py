# SPDX-License-Identifier: Apache-2.0
"""Pictures for tests, and what becomes of pictures on their way into a data set."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from training.data.data_set import Pixels


def picture(seed: int, height: int = 48, width: int = 48) -> Pixels:
    """Return a photograph-like picture: soft shapes with some grain."""
    random = np.random.default_rng(seed)
    soft = cv2.resize(
        random.integers(0, 256, (7, 7, 3), dtype=np.uint8), (width, height),
        interpolation=cv2.INTER_CUBIC,
    )  # fmt: skip
    grain = random.normal(0, 4, soft.shape)
    return np.clip(soft + grain, 0, 255).astype(np.uint8)


def write(path: Path, pixels: Pixels) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), np.ascontiguousarray(pixels[..., ::-1]))
    return path


def _jpeg(pixels: Pixels) -> Pixels:
    _, data = cv2.imencode('.jpg', pixels, [cv2.IMWRITE_JPEG_QUALITY, 80])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def _resized(scale: float) -> Callable[[Pixels], Pixels]:
    return lambda pixels: np.asarray(
        cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8
    )


COPIES: dict[str, Callable[[Pixels], Pixels]] = {
    'jpeg': _jpeg,
    'half': _resized(0.5),
    'larger': _resized(1.6),
    'brighter': lambda pixels: np.clip(pixels * 1.1, 0, 255).astype(np.uint8),
    'darker': lambda pixels: (pixels * 0.9).astype(np.uint8),
}
