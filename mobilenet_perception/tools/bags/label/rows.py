# SPDX-License-Identifier: Apache-2.0
"""The table by which a person labels a recording: its rows, and what each is about.

A row is about the frames of an interval, one frame or, with an `id`, a thing that regions name.
"""

import csv
import io
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames import RegionOfInterest
from mobilenet_perception.recordings import Source, SourceFrame, SourceRegions
from mobilenet_perception.recordings.csv_rows import read_rows, wrong_row
from mobilenet_perception.recordings.labels import (
    FrameLabel,
    Labels,
    ThingLabel,
    ThingLabels,
    canonical_label,
)

FILE = 'labels.csv'
COLUMNS = ('camera', 'id', 'start_s', 'end_s', 'stamp_ns', 'label', 'clear', 'score', 'frames')
_READ = ('camera', 'id', 'start_s', 'end_s', 'stamp_ns', 'clear', 'roi')
# The end of the interval of a row without one.
ALWAYS_US = 2**62
_MOST_NAMED = 12
_YES = {'yes', 'y', 'true', '1'}
_NO = {'no', 'n', 'false', '0'}


class LabelRow(NamedTuple):
    """One row.

    Attributes:
        line: its number in the file.
        camera: name of the camera; empty: the only one.
        start_us: start of the interval, in microseconds since the first camera frame was recorded.
        end_us: end of the interval, which is no longer in it.
        stamp_ns: capture stamp of the one frame that it is about; None: it is about an interval.
        label: what the frames show; None: it is not known.
        clear: they show it clearly, so that they count for accuracy and training.
        roi: where to look; None: as before.
        thing: id of the thing that it is about; empty: it is about frames.
    """

    line: int
    camera: str
    start_us: int
    end_us: int
    stamp_ns: int | None
    label: str | None
    clear: bool
    roi: RegionOfInterest | None
    thing: str = ''

    @property
    def always(self) -> bool:
        """Whether it is about a thing, at any time."""
        return self.end_us == ALWAYS_US


def read_label_rows(file: Path) -> list[LabelRow]:
    """Read a table of labels.

    Columns: `label`; `start_s` and `end_s`, seconds since the first camera frame was recorded, or
    `stamp_ns`; and if need be `camera`, `clear` (yes or no; empty: yes) and `roi` (x, y, width and
    height, in pixels). A row without label leaves its frames without one. With an `id` a row is
    about the thing that regions name so, without any time always. Other columns, such as the
    scores that `label_table` adds, are ignored.

    Raises:
        PerceptionError: a row is wrong (its line is named), or there is none.
    """
    rows = [_row(file, line, cells) for line, cells in read_rows(file, ('label',), _READ)]
    if not rows:
        raise PerceptionError(f'{file} has no row: give a line for each interval or frame')
    spelled: dict[str, LabelRow] = {}
    for row in rows:
        if row.label is None:
            continue
        first = spelled.setdefault(row.label.casefold(), row)
        if first.label != row.label:
            raise wrong_row(
                file, row.line, f'{row.label!r} is spelled {first.label!r} in line {first.line}'
            )
    return rows


def label_table(rows: Iterable[Mapping[str, object]]) -> str:
    """Return the text of a table with `COLUMNS`; what a row lacks is left empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval='', lineterminator='\n')
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


class BagLabels(NamedTuple):
    """Labels of frames, and of things by camera."""

    frames: Labels
    things: dict[str, ThingLabels]


def label_bag(
    file: Path,
    rows: Sequence[LabelRow],
    source: Source,
    progress: Callable[[int], None] = lambda frames: None,
) -> BagLabels:
    """Label frames and things; frames' regions of interest stay, unless rows give others.

    Args:
        file: the table, for messages.
        rows: what it says.
        source: the recording, from its first camera frame on.
        progress: called with the number of frames gone through.

    Raises:
        PerceptionError: two rows are about one frame or thing, a row is about none or about a
            camera that is not there (its line is named); or the frames cannot be told apart.
    """
    by_camera = _by_camera(file, rows, [camera.name for camera in source.cameras])
    labels: Labels = {}
    used: set[int] = set()
    first_ns: int | None = None
    time_us = 0
    count = 0
    for item in source.items():
        if isinstance(item, SourceRegions):
            by_camera[item.camera].things.see(item)
            continue
        frame, count = item, count + 1
        first_ns = frame.log_ns if first_ns is None else first_ns
        time_us = max(time_us, (frame_us := recorded_us(frame, first_ns)))
        row = by_camera[frame.camera].row_of(frame, frame_us)
        by_camera[frame.camera].things.add_frame(frame, frame_us)
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
        if row.line not in used and not row.thing:
            what = 'has this stamp' if row.stamp_ns is not None else 'lies in this interval'
            raise wrong_row(
                file, row.line,
                f'no frame of {row.camera or "the camera"} {what}: the last is at '
                f'{time_us / 1e6:.3f} s',
            )  # fmt: skip
    found = {camera: own.things.labels(time_us) for camera, own in by_camera.items()}
    return BagLabels(labels, {camera: own for camera, own in found.items() if own.ids})


def recorded_us(frame: SourceFrame, first_ns: int) -> int:
    """Return when a frame was recorded, in microseconds since the first of all cameras."""
    return round((frame.log_ns - first_ns) / 1e3)


class _CameraRows:
    """The rows of one camera, ready to be asked frame by frame."""

    def __init__(self, file: Path, rows: Sequence[LabelRow]) -> None:
        self.things = _ThingRows(file, [row for row in rows if row.thing])
        self._frames: dict[int, LabelRow] = {}
        intervals = []
        for row in rows:
            if row.thing:
                continue
            if row.stamp_ns is None:
                intervals.append(row)
            elif (first := self._frames.setdefault(row.stamp_ns, row)) is not row:
                raise wrong_row(file, row.line, f'line {first.line} is about the same frame')
        self._intervals = _in_order(file, intervals)
        self._starts_us = [row.start_us for row in self._intervals]

    def row_of(self, frame: SourceFrame, time_us: int) -> LabelRow | None:
        """Return the row of a frame: its own, else that of the interval it lies in."""
        if own := self._frames.get(frame.stamp_ns):
            return own
        place = bisect_right(self._starts_us, time_us) - 1
        row = self._intervals[place] if place >= 0 else None
        return row if row and time_us < row.end_us else None


class _ThingRows:
    """The rows about things of one camera, and what the frames within them are."""

    def __init__(self, file: Path, rows: Sequence[LabelRow]) -> None:
        self._file = file
        self._rows = rows
        for name in {row.thing for row in rows}:
            _in_order(file, [row for row in rows if row.thing == name and row.stamp_ns is None])
        self._seen: set[str] = set()
        # By line: the capture stamps of the first and the last frame.
        self._stamps: dict[int, tuple[int, int]] = {}

    def see(self, regions: SourceRegions) -> None:
        """Take in which things there are."""
        if self._rows:
            self._seen.update(box.id for box in regions.boxes)

    def add_frame(self, frame: SourceFrame, time_us: int) -> None:
        """Take in a frame."""
        for row in self._rows:
            own = frame.stamp_ns == row.stamp_ns
            if own or (row.stamp_ns is None and row.start_us <= time_us < row.end_us):
                first, last = self._stamps.get(row.line, (frame.stamp_ns, frame.stamp_ns))
                stamps = min(first, frame.stamp_ns), max(last, frame.stamp_ns)
                self._stamps[row.line] = stamps

    def labels(self, last_us: int) -> ThingLabels:
        """Return the labels of things, once all frames were seen.

        Raises:
            PerceptionError: regions name no such thing, or there is no frame (its line is named).
        """
        found = []
        for row in self._rows:
            if row.thing not in self._seen:
                some = ', '.join(sorted(self._seen - {''})[:_MOST_NAMED]) or 'nothing'
                raise wrong_row(
                    self._file, row.line, f'no regions name {row.thing!r}: they name {some}'
                )
            if row.line not in self._stamps and not row.always:
                raise wrong_row(
                    self._file,
                    row.line,
                    f'there is no frame then: the last is at {last_us / 1e6:.3f} s',
                )
            first, last = (None, None) if row.always else self._stamps[row.line]
            found.append(ThingLabel(row.thing, first, last, row.label, row.clear))
        try:
            return ThingLabels(found)
        except ValueError as error:
            raise PerceptionError(f'{self._file}: {error}') from None


def _in_order(file: Path, rows: Iterable[LabelRow]) -> list[LabelRow]:
    """Return rows about intervals by time.

    Raises:
        PerceptionError: two overlap.
    """
    ordered = sorted(rows, key=lambda row: row.start_us)
    for before, after in pairwise(ordered):
        if after.start_us < before.end_us:
            raise wrong_row(file, after.line, f'overlaps the interval of line {before.line}')
    return ordered


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


def _row(file: Path, line: int, cells: Mapping[str, str]) -> LabelRow:
    start_us = end_us = 0
    stamp_ns = None
    interval = [name for name in ('start_s', 'end_s') if cells[name]]
    if cells['stamp_ns'] and not interval:
        stamp_ns = _stamp_ns(file, line, cells['stamp_ns'])
    elif len(interval) == 2 and not cells['stamp_ns']:
        start_us, end_us = (_microseconds(file, line, name, cells[name]) for name in interval)
        if start_us >= end_us:
            raise wrong_row(file, line, 'end_s must be after start_s')
    elif cells['id'] and not interval and not cells['stamp_ns']:
        end_us = ALWAYS_US
    else:
        raise wrong_row(file, line, 'give start_s and end_s, or stamp_ns alone')
    if cells['id'] and cells['roi']:
        raise wrong_row(file, line, 'has an id and a roi: where a thing is, its regions say')
    label = canonical_label(cells['label']) or None
    return LabelRow(
        line, cells['camera'], start_us, end_us, stamp_ns, label,
        clear=label is not None and _clear(file, line, cells['clear']),
        roi=_roi(file, line, cells['roi']),
        thing=cells['id'],
    )  # fmt: skip


def _microseconds(file: Path, line: int, name: str, text: str) -> int:
    try:
        # Spreadsheets write a comma where their country does.
        value = float(text.replace(',', '.'))
        return round(value * 1e6)
    except (ValueError, OverflowError):
        raise wrong_row(
            file, line, f'{name} must be a number of seconds; it is {text!r}'
        ) from None


def _stamp_ns(file: Path, line: int, text: str) -> int:
    if not re.fullmatch(r'[0-9]{1,19}', text):
        raise wrong_row(
            file, line,
            f'stamp_ns must be a whole number of nanoseconds; it is {text!r}: spreadsheets round '
            'such numbers, so format the column as text, or give start_s and end_s',
        )  # fmt: skip
    return int(text)


def _clear(file: Path, line: int, text: str) -> bool:
    if text.casefold() in _YES or not text:
        return True
    if text.casefold() in _NO:
        return False
    raise wrong_row(file, line, f'clear must be yes or no; it is {text!r}')


def _roi(file: Path, line: int, text: str) -> RegionOfInterest | None:
    if not text:
        return None
    numbers = [part for part in re.split(r'[^0-9-]+', text) if part]
    try:
        x, y, width, height = (int(number) for number in numbers)
    except ValueError:
        x = y = width = height = 0
    if min(x, y) < 0 or min(width, height) < 1:
        raise wrong_row(
            file,
            line,
            f'roi must be x y width height in pixels, such as 200 40 96 96; it is {text!r}',
        )
    return RegionOfInterest(x, y, width, height)
