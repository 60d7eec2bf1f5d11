# SPDX-License-Identifier: Apache-2.0
"""Annotated video of a run: the frames of its source, each with what the node made of it."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from mobilenet_perception.errors import FrameError, PerceptionError
from mobilenet_perception.pipeline.decision import Decision
from mobilenet_perception.pipeline.overlay import draw_overlay
from mobilenet_perception.pipeline.region_decisions import ThingDecision
from mobilenet_perception.recordings import Source, SourceFrame
from mobilenet_perception.tools.report.run import FrameResult, Run

Rgb = npt.NDArray[np.uint8]

# The codes of codecs, best first. Browsers play the first of MP4, which OpenCV's wheels lack, and
# that of WebM; the second plays in VLC, mpv and the like.
_CODECS = {'.mp4': ('avc1', 'mp4v'), '.webm': ('VP80',)}
SUFFIXES = (*_CODECS, '.gif')
# A GIF takes tens of megabytes a minute as it is.
_GIF_WIDTH, _GIF_PERIOD_S = 400, 0.1
# Levels of red, green and blue in a GIF: the eye knows most of green. 252 colours.
_LEVELS = (6, 7, 6)
# A camera that pauses for longer does not make a film of standing pictures.
_LONGEST_S = 2.0


def require_library(path: Path) -> None:
    """Refuse a video whose library is not here.

    Raises:
        PerceptionError: says which, and what to do.
    """
    if path.suffix == '.gif' and find_spec('PIL') is None:
        raise PerceptionError(
            '.gif needs Pillow, which is not installed: pip install pillow, apt install '
            f'python3-pil, or choose another of {", ".join(SUFFIXES)}'
        )


def write_video(
    path: Path, source: Source, run: Run, progress: Callable[[int], None] = lambda frames: None
) -> list[Path]:
    """Write what became of each frame as video, at the pace of the source.

    Drawn after the run, from a second look at its source, so that drawing costs no frame its
    time. A frame that cannot be decoded, or that the node never reported, has no picture: the
    one before it stands on. Written under another name and moved when complete: when it is
    interrupted, nothing is left.

    Args:
        path: the file; of several cameras each has its own, its name put before the suffix.
        source: the source of the run, opened again.
        run: the run.
        progress: called with the number of frames drawn so far.

    Returns:
        The files written.

    Raises:
        PerceptionError: no frame could be drawn, the source cannot be read again, or such a
            file cannot be written here.
    """
    results = {
        (camera, item.record.stamp_ns): item
        for camera, items in run.frames.items()
        for item in items
    }  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    films: dict[str, _Film] = {}
    with TemporaryDirectory(prefix=f'.{path.name}.', dir=path.parent) as scratch:
        try:
            for count, frame in enumerate(source.frames, start=1):
                result = results.get((frame.camera, frame.stamp_ns))
                drawn = None if result is None else _drawn(frame, result)
                if result is not None and drawn is not None:
                    if frame.camera not in films:
                        new = Path(scratch, f'{len(films)}{path.suffix}')
                        films[frame.camera] = _Film(new, drawn, run.frames[frame.camera])
                    films[frame.camera].show(drawn, result.time_s)
                progress(count)
        finally:
            for film in films.values():
                film.close()
        if not films:
            raise PerceptionError(f'{path}: no frame of {source.name} could be drawn')
        several = len(run.frames) > 1
        named = {
            camera: path.with_stem(f'{path.stem}-{camera}') if several else path
            for camera in films
        }
        for camera, film in films.items():
            film.path.replace(named[camera])
    return list(named.values())


def _drawn(frame: SourceFrame, result: FrameResult) -> Rgb | None:
    try:
        rgb = frame.decode().rgb()
    except FrameError:
        return None
    # Its score is not part of a run: without a stamp none is drawn.
    decision = Decision(result.decision, 0.0, None)
    things = [
        # Of what has no id nothing is decided: its label is drawn.
        ThingDecision(item.id, item.roi, Decision(item.decision or item.label, 0.0, None))
        for item in result.things or ()
    ]
    return draw_overlay(rgb, result.roi, decision, result.record, result.label, things)


class _Film:
    """The video of one camera: at each moment the newest of its frames."""

    def __init__(self, path: Path, first: Rgb, results: list[FrameResult]) -> None:
        self.path = path
        steps = np.diff([item.time_s for item in results])
        period_s = float(np.median(steps)) if len(steps) else 0.1
        height, width = first.shape[:2]
        self._file = VideoFile(path, width, height, min(10.0, max(1 / 120, period_s)))
        self._shown: Rgb | None = None
        self._until_s = 0.0

    def show(self, rgb: Rgb, time_s: float) -> None:
        """Show a frame from a moment of the source on."""
        if self._shown is None:
            self._until_s = time_s
        # Time that a pause, or a source that starts anew, has too much.
        if not abs(time_s - self._until_s) <= _LONGEST_S:
            self._until_s = time_s - self._file.period_s
        while self._shown is not None and self._until_s < time_s - self._file.period_s / 2:
            self._file.write(self._shown)
            self._until_s += self._file.period_s
        self._shown = rgb

    def close(self) -> None:
        if self._shown is not None:
            self._file.write(self._shown)
        self._file.close()


class _Writer(Protocol):
    """What takes frames of one size."""

    def write(self, rgb: Rgb, /) -> None:
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
        PerceptionError: such a file cannot be written here.
    """

    def __init__(self, path: Path, width: int, height: int, period_s: float) -> None:
        scale, self.period_s = 1.0, period_s
        kind: Callable[[Path, int, int, float], _Writer] = _CodedWriter
        if path.suffix == '.gif':
            scale, self.period_s = min(1.0, _GIF_WIDTH / width), max(period_s, _GIF_PERIOD_S)
            kind = GifWriter
        # Video codecs take colours for two by two pixels.
        self._size = (max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2))
        self._writer = kind(path, *self._size, self.period_s)

    def write(self, rgb: Rgb) -> None:
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


def _resized(rgb: Rgb, width: int, height: int) -> Rgb:
    if rgb.shape[:2] == (height, width):
        return rgb
    size = (max(1, width), max(1, height))
    return cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)  # type: ignore[return-value]


class _CodedWriter:
    """What this machine's OpenCV can write."""

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

    def write(self, rgb: Rgb) -> None:
        self._file.write(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))

    def close(self) -> None:
        self._file.release()


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


class GifWriter:
    """An animated GIF, by Pillow, for ever repeated: the one moving picture that shows everywhere.

    All frames share one palette, and what lies between two of its levels is mixed from both in
    a pattern that stands still: nothing flickers, and files stay small.

    Args:
        path: the file to write.
        width: of the frames in pixels.
        height: of the frames in pixels.
        period_s: how long each is shown; GIF knows hundredths of a second, from 0.02.

    Raises:
        PerceptionError: Pillow is not installed.
    """

    def __init__(self, path: Path, width: int, height: int, period_s: float) -> None:
        require_library(path)
        from PIL import GifImagePlugin, Image  # noqa: PLC0415 (an extra)

        self._image, self._encode = Image.frombytes, GifImagePlugin.getdata
        self._size = (width, height)
        self._delay_ms = 10 * max(2, round(100 * period_s))
        rows, columns = np.indices((height, width))
        self._thresholds = _bayer()[rows % 8, columns % 8, None]
        self._steps = np.array(_LEVELS, np.float32) - 1
        levels = np.moveaxis(np.indices(_LEVELS), 0, -1).reshape(-1, 3)
        self._palette = np.round(levels * 255 / self._steps).astype(np.uint8).tobytes()
        self._file = path.open('wb')
        # Older Pillows write that it is repeated with the first frame, newer ones ahead of it.
        self._once: dict[str, Any] = {'loop': 0}
        black = self._coloured(np.zeros((height, width), np.uint8))
        self._file.writelines(GifImagePlugin.getheader(black, info=self._once)[0])

    def write(self, rgb: Rgb) -> None:
        """Add a frame: (height, width, 3) uint8 RGB."""
        level = (rgb / np.float32(255) * self._steps + self._thresholds).astype(np.uint8)
        index = np.ravel_multi_index(tuple(np.moveaxis(level, -1, 0)), _LEVELS)
        frame = self._coloured(index.astype(np.uint8))
        self._file.writelines(self._encode(frame, duration=self._delay_ms, **self._once))
        self._once = {}

    def close(self) -> None:
        """End the file."""
        self._file.write(b';')
        self._file.close()

    def _coloured(self, index: npt.NDArray[np.uint8]) -> Any:
        image = self._image('P', self._size, index.tobytes())
        image.putpalette(self._palette)
        return image


def _bayer() -> npt.NDArray[np.float32]:
    """Return Bayer's 8 x 8 matrix, the thresholds of ordered dithering, between 0 and 1."""
    matrix: npt.NDArray[np.float64] = np.zeros((1, 1))
    for _ in range(3):
        matrix = np.block([[4 * matrix, 4 * matrix + 2], [4 * matrix + 3, 4 * matrix + 1]])
    return ((matrix + 0.5) / 64).astype(np.float32)
