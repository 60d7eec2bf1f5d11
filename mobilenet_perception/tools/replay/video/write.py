# SPDX-License-Identifier: Apache-2.0
"""A run as annotated video: the frames of its source, each with what the node made of it."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt

from mobilenet_perception.errors import FrameError, PerceptionError
from mobilenet_perception.frames import decode
from mobilenet_perception.pipeline.decision import Decision
from mobilenet_perception.pipeline.overlay import draw_overlay
from mobilenet_perception.recordings import Source, SourceFrame
from mobilenet_perception.tools.replay.video.file import VideoFile
from mobilenet_perception.tools.report.run import FrameResult, Run

# A camera that pauses for longer does not make a film of standing pictures.
_LONGEST_S = 2.0


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
        PerceptionError: no frame could be drawn, the source cannot be read again, or OpenCV
            cannot write such a file.
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


class _Film:
    """The video of one camera: at each moment the newest of its frames."""

    def __init__(
        self, path: Path, first: npt.NDArray[np.uint8], results: list[FrameResult]
    ) -> None:
        self.path = path
        steps = np.diff([item.time_s for item in results])
        period_s = float(np.median(steps)) if len(steps) else 0.1
        height, width = first.shape[:2]
        self._file = VideoFile(path, width, height, min(10.0, max(1 / 120, period_s)))
        self._shown: npt.NDArray[np.uint8] | None = None
        self._until_s = 0.0

    def show(self, rgb: npt.NDArray[np.uint8], time_s: float) -> None:
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


def _drawn(frame: SourceFrame, result: FrameResult) -> npt.NDArray[np.uint8] | None:
    try:
        rgb = decode(frame.message).rgb()
    except FrameError:
        return None
    # Its score is not part of a run: without a stamp none is drawn.
    decision = Decision(result.decision, 0.0, None)
    return draw_overlay(rgb, result.roi, decision, result.record, result.label)
