# SPDX-License-Identifier: Apache-2.0
"""Find the frames that the rows of a table are about, and label them."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from mobilenet_perception.recordings import Source, SourceFrame
from mobilenet_perception.recordings.csv_rows import wrong_row
from mobilenet_perception.recordings.labels import FrameLabel, Labels
from mobilenet_perception.tools.bags.label.rows import LabelRow


class _CameraRows:
    """The rows of one camera, ready to be asked frame by frame."""

    def __init__(self, file: Path, rows: Iterable[LabelRow]) -> None:
        self._frames: dict[int, LabelRow] = {}
        intervals = []
        for row in rows:
            if row.stamp_ns is None:
                intervals.append(row)
            elif (first := self._frames.setdefault(row.stamp_ns, row)) is not row:
                raise wrong_row(file, row.line, f'line {first.line} is about the same frame')
        self._intervals = sorted(intervals, key=lambda row: row.start_us)
        for before, after in zip(self._intervals, self._intervals[1:], strict=False):
            if after.start_us < before.end_us:
                raise wrong_row(file, after.line, f'overlaps the interval of line {before.line}')
        self._starts_us = [row.start_us for row in self._intervals]

    def row_of(self, frame: SourceFrame, time_us: int) -> LabelRow | None:
        """Return the row of a frame: its own, else that of the interval it lies in."""
        if own := self._frames.get(frame.stamp_ns):
            return own
        place = bisect_right(self._starts_us, time_us) - 1
        row = self._intervals[place] if place >= 0 else None
        return row if row and time_us < row.end_us else None


def label_frames(
    file: Path,
    rows: Sequence[LabelRow],
    source: Source,
    progress: Callable[[int], None] = lambda frames: None,
) -> Labels:
    """Label the frames of a recording; their regions of interest stay, unless rows give others.

    Args:
        file: the table, for messages.
        rows: what it says.
        source: the recording, from its first camera frame on.
        progress: called with the number of frames gone through.

    Raises:
        PerceptionError: two rows are about one frame, a row is about none or about a camera that
            is not there (its line is named); or the frames cannot be told apart.
    """
    by_camera = _by_camera(file, rows, [camera.name for camera in source.cameras])
    labels: Labels = {}
    used: set[int] = set()
    first_ns: int | None = None
    time_us = 0
    for count, frame in enumerate(source.frames, start=1):
        first_ns = frame.log_ns if first_ns is None else first_ns
        time_us = max(time_us, (frame_us := recorded_us(frame, first_ns)))
        row = by_camera[frame.camera].row_of(frame, frame_us)
        progress(count)
        if row is None:
            if frame.roi is not None:
                labels.setdefault(frame.camera, {})[frame.stamp_ns] = FrameLabel(
                    None, roi=frame.roi
                )
            continue
        used.add(row.line)
        label = FrameLabel(row.label, row.clear, row.roi or frame.roi)
        known = labels.setdefault(frame.camera, {})
        if known.setdefault(frame.stamp_ns, label) != label:
            raise wrong_row(
                file, row.line,
                f'a frame of {frame.camera} at {frame_us / 1e6:.3f} s has the stamp '
                f'{frame.stamp_ns} of one before, which shows {known[frame.stamp_ns].truth}: '
                'labels are kept by stamp, so set header.stamp in the camera driver',
            )  # fmt: skip
    for row in rows:
        if row.line not in used:
            what = 'has this stamp' if row.stamp_ns is not None else 'lies in this interval'
            raise wrong_row(
                file, row.line,
                f'no frame of {row.camera or "the camera"} {what}: the last is at '
                f'{time_us / 1e6:.3f} s',
            )  # fmt: skip
    return labels


def recorded_us(frame: SourceFrame, first_ns: int) -> int:
    """Return when a frame was recorded, in microseconds since the first of all cameras."""
    return round((frame.log_ns - first_ns) / 1e3)


def _by_camera(
    file: Path, rows: Sequence[LabelRow], cameras: Sequence[str]
) -> dict[str, _CameraRows]:
    have = ', '.join(cameras)
    found: dict[str, list[LabelRow]] = {camera: [] for camera in cameras}
    for row in rows:
        if not row.camera and len(cameras) > 1:
            raise wrong_row(file, row.line, f'has no camera: it is one of {have}')
        camera = row.camera or cameras[0]
        if camera not in found:
            raise wrong_row(file, row.line, f'there is no camera {camera!r}, but {have}')
        found[camera].append(row)
    return {camera: _CameraRows(file, own) for camera, own in found.items()}
