# SPDX-License-Identifier: Apache-2.0
"""A CSV file that lists images: columns `path` and `label`, and if need be `group` and `split`."""

import os
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import NamedTuple

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.recordings.csv_rows import read_rows, wrong_row
from training.data.data_set import DataSet, Sample
from training.data.readers.files import KNOWN, checked_labels, part_named
from training.errors import TrainingError

SOURCE = 'csv'
_REQUIRED = ('path', 'label')


class _Row(NamedTuple):
    line: int
    path: str
    label: str
    group: str
    part: str | None


def read_csv(file: Path) -> DataSet:
    """Read a list of images; paths are relative to the list; images stay in their files.

    The text is UTF-8, with or without byte order mark; commas, semicolons or tabs separate;
    other columns are ignored. Images of one `group` are never split (default: each its own).
    `split` is `train`, `validation` or `test`, for all rows or none.

    Raises:
        TrainingError: a column is missing, or a row is wrong: its line is named.
    """
    rows = list(_rows(file))
    parts: dict[str, str] = {}
    seen: dict[str, _Row] = {}
    samples = []
    unsplit = next((row for row in rows if row.part is None), None)
    for row in rows:
        place = _place(file, row)
        name = PurePath(os.path.relpath(place, file.parent)).as_posix()
        if first := seen.get(name):
            same = (
                'again' if first.label == row.label else f'as {row.label!r}, not {first.label!r}'
            )
            raise _wrong(file, row.line, f'{name} of line {first.line} is listed {same}')
        seen[name] = row
        group = f'{SOURCE}/{row.group or name}'
        if row.part:
            if unsplit:
                raise _wrong(file, unsplit.line, 'has no split, but others have')
            if parts.setdefault(group, row.part) != row.part:
                raise _wrong(
                    file, row.line, f'group {row.group!r} is in {parts[group]} and {row.part}'
                )
        samples.append(Sample(place, row.label, group, SOURCE, name))
    labels = checked_labels((sample.label for sample in samples), str(file))
    return DataSet(samples, labels, parts=parts)


def _rows(file: Path) -> Iterator[_Row]:
    try:
        for line, cells in read_rows(file, _REQUIRED, ('group', 'split')):
            if empty := [column for column in _REQUIRED if not cells[column]]:
                raise _wrong(file, line, f'has no {empty[0]}')
            split = cells.pop('split')
            part = part_named(split)
            if split and part is None:
                raise _wrong(file, line, f'the split {split!r} is unknown: use {KNOWN}')
            yield _Row(line, **cells, part=part)
    except TrainingError:
        raise
    except PerceptionError as error:
        raise TrainingError(str(error)) from error


def _place(file: Path, row: _Row) -> Path:
    # Lists made on Windows.
    relative = PurePath(row.path.replace('\\', '/'))
    place = Path(os.path.normpath(file.parent / relative))
    folder = Path(os.path.normpath(file.parent))
    if not place.is_relative_to(folder):
        raise _wrong(file, row.line, f'{row.path} lies outside the folder of the list')
    if not place.is_file():
        raise _wrong(file, row.line, f'there is no file {row.path}')
    return place


def _wrong(file: Path, line: int, what: str) -> TrainingError:
    return TrainingError(str(wrong_row(file, line, what)))
