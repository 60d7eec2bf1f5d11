# SPDX-License-Identifier: Apache-2.0
"""Video files by their suffix: what this machine's OpenCV can write, and GIF."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.tools.replay.video.gif import GifWriter

# The codes of codecs, best first. Browsers play the first of MP4, which OpenCV's wheels lack, and
# that of WebM; the second plays in VLC, mpv and the like.
_CODECS = {'.mp4': ('avc1', 'mp4v'), '.webm': ('VP80',)}
SUFFIXES = (*_CODECS, '.gif')
# A GIF takes tens of megabytes a minute as it is.
_GIF_WIDTH, _GIF_PERIOD_S = 400, 0.1


class Writer(Protocol):
    """What takes frames of one size."""

    def write(self, rgb: npt.NDArray[np.uint8], /) -> None:
        """Add a frame: (height, width, 3) uint8 RGB."""

    def close(self) -> None:
        """End the file."""


class VideoFile:
    """A video of one size and one rate; frames of other sizes are fitted into it.

    Args:
        path: the file to write; its suffix is one of `SUFFIXES`.
        width: of the first frame in pixels.
        height: of the first frame in pixels.
        period_s: time between two frames.

    Raises:
        PerceptionError: OpenCV cannot write such a file here.
    """

    def __init__(self, path: Path, width: int, height: int, period_s: float) -> None:
        scale, self.period_s = 1.0, period_s
        if path.suffix == '.gif':
            scale, self.period_s = min(1.0, _GIF_WIDTH / width), max(period_s, _GIF_PERIOD_S)
        # Video codecs take colours for two by two pixels.
        self._size = (max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2))
        self._writer: Writer = (
            GifWriter(path, *self._size, self.period_s)
            if path.suffix == '.gif'
            else _CodedWriter(path, *self._size, self.period_s)
        )

    def write(self, rgb: npt.NDArray[np.uint8]) -> None:
        """Add a frame: (height, width, 3) uint8 RGB."""
        width, height = self._size
        scale = min(width / rgb.shape[1], height / rgb.shape[0])
        # Off by a pixel is no other shape: no bars.
        if abs(rgb.shape[1] * scale - width) < 2 and abs(rgb.shape[0] * scale - height) < 2:
            self._writer.write(_resized(rgb, width, height))
            return
        fitted = _resized(rgb, int(rgb.shape[1] * scale), int(rgb.shape[0] * scale))
        framed = np.zeros((height, width, 3), np.uint8)
        top, left = (height - fitted.shape[0]) // 2, (width - fitted.shape[1]) // 2
        framed[top : top + fitted.shape[0], left : left + fitted.shape[1]] = fitted
        self._writer.write(framed)

    def close(self) -> None:
        """End the file."""
        self._writer.close()


class _CodedWriter:
    def __init__(self, path: Path, width: int, height: int, period_s: float) -> None:
        for codec in _CODECS[path.suffix]:
            with _quiet():
                fourcc = cv2.VideoWriter.fourcc(*codec)
                self._file = cv2.VideoWriter(str(path), fourcc, 1 / period_s, (width, height))
            if self._file.isOpened():
                return
        raise PerceptionError(
            f'this OpenCV ({cv2.__version__}) cannot write {path.suffix} files: choose another '
            f'of {", ".join(SUFFIXES)}'
        )

    def write(self, rgb: npt.NDArray[np.uint8]) -> None:
        self._file.write(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))

    def close(self) -> None:
        self._file.release()


def _resized(rgb: npt.NDArray[np.uint8], width: int, height: int) -> npt.NDArray[np.uint8]:
    if rgb.shape[:2] == (height, width):
        return rgb
    size = (max(1, width), max(1, height))
    return cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)  # type: ignore[return-value]


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep OpenCV, whose FFmpeg talks of every codec that it tries, from stderr."""
    kept, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)
