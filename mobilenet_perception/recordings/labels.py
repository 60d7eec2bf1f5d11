# SPDX-License-Identifier: Apache-2.0
"""Labels of a bag's frames: `labels.json`, beside the recording, by camera and stamp.

Rows of CSV tables that people write: any separator, byte order mark, heading in any case.
"""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames import RegionOfInterest

FILE = 'labels.json'
SCHEMA_VERSION = 1


class FrameLabel(NamedTuple):
    """What is known of one frame: see `SourceFrame`."""

    truth: str | None
    clear: bool = False
    roi: RegionOfInterest | None = None


# By camera, then by capture stamp in nanoseconds.
Labels = dict[str, dict[int, FrameLabel]]


def labels_to_json(labels: Mapping[str, Mapping[int, FrameLabel]]) -> str:
    """Return the text of a labels file."""
    cameras = {
        camera: [
            {'stamp_ns': stamp_ns, 'truth': label.truth, 'clear': label.clear,
             'roi': list(label.roi) if label.roi else None}
            for stamp_ns, label in sorted(frames.items())
        ]
        for camera, frames in labels.items()
    }  # fmt: skip
    return json.dumps({'schema_version': SCHEMA_VERSION, 'cameras': cameras}, indent=1) + '\n'


def read_labels(path: Path) -> Labels:
    """Read a labels file.

    Raises:
        PerceptionError: it is missing or not what `labels_to_json` writes.
    """
    try:
        value = json.loads(path.read_text(encoding='utf-8'))
        if value['schema_version'] != SCHEMA_VERSION:
            raise ValueError(f'its schema_version is not {SCHEMA_VERSION}')
        return {
            str(camera): {int(frame['stamp_ns']): _label(frame) for frame in frames}
            for camera, frames in value['cameras'].items()
        }
    except OSError as error:
        raise PerceptionError(f'{path} cannot be read: {error.strerror}') from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PerceptionError(
            f'{path} is not a labels file ({type(error).__name__}: {error}): '
            '`python -m mobilenet_perception bag label` writes one'
        ) from None


def labels_of_bag(bag: Path) -> Labels:
    """Read the labels that lie in a bag's folder; none where there is no such file."""
    folder = bag if bag.is_dir() else bag.parent
    path = folder / FILE
    return read_labels(path) if path.is_file() else {}


def _label(frame: Mapping[str, Any]) -> FrameLabel:
    truth, clear, roi = frame['truth'], frame['clear'], frame['roi']
    if not (truth is None or isinstance(truth, str)) or not isinstance(clear, bool):
        raise ValueError('truth must be a label or null, clear true or false')
    return FrameLabel(truth, clear, None if roi is None else RegionOfInterest(*map(int, roi)))


class Row(NamedTuple):
    """One row.

    Attributes:
        line: its number in the file; the heading is line 1.
        cells: text by column, without spaces around it; empty where the file has no such column.
    """

    line: int
    cells: dict[str, str]


def read_rows(file: Path, required: Sequence[str], optional: Sequence[str] = ()) -> Iterator[Row]:
    """Yield the rows of a table; commas, semicolons or tabs separate.

    Args:
        file: UTF-8 text, with or without byte order mark, with a heading.
        required: columns that must be there, in lower case; their cells may be empty.
        optional: columns that may be there; all others are ignored.

    Raises:
        PerceptionError: it cannot be read, lacks a column, or a row is no CSV: its line is named.
    """
    try:
        text = file.read_text(encoding='utf-8-sig')
    except UnicodeDecodeError as error:
        raise PerceptionError(f'{file} is not UTF-8 ({error}): save it as UTF-8') from None
    except OSError as error:
        raise PerceptionError(f'{file} cannot be read: {error.strerror}') from None
    first = text.partition('\n')[0]
    separator = max(',;\t', key=first.count)
    reader = csv.DictReader(text.splitlines(keepends=True), delimiter=separator, strict=True)
    try:
        columns = [(column or '').strip().casefold() for column in reader.fieldnames or ()]
        if missing := [column for column in required if column not in columns]:
            have = ', '.join(columns) or 'none'
            raise wrong_row(file, 1, f'there is no column {missing[0]!r}; the columns are {have}')
        reader.fieldnames = columns
        for row in reader:
            if None in row:
                raise wrong_row(file, reader.line_num, 'has more cells than there are columns')
            cells = {name: (row.get(name) or '').strip() for name in (*required, *optional)}
            yield Row(reader.line_num, cells)
    except csv.Error as error:
        raise wrong_row(file, reader.line_num, f'is no CSV ({error})') from None


def wrong_row(file: Path, line: int, what: str) -> PerceptionError:
    """Return the error of a row: `what` says what is wrong with it."""
    return PerceptionError(f'{file}, line {line}: {what}')
