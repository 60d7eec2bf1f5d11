# SPDX-License-Identifier: Apache-2.0
"""A CSV file that lists images: columns `path` and `label`, and if need be `group` and `split`."""

import csv
import os
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import NamedTuple

from training.data.data_set import DataSet
from training.data.label_checks import checked_labels
from training.data.part_names import KNOWN, part_named
from training.data.sample import Sample
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
        text = file.read_text(encoding='utf-8-sig')
    except UnicodeDecodeError as error:
        raise TrainingError(f'{file} is not UTF-8 ({error}): save it as UTF-8') from None
    first = text.partition('\n')[0]
    separator = max(',;\t', key=first.count)
    reader = csv.DictReader(text.splitlines(keepends=True), delimiter=separator, strict=True)
    columns = [(column or '').strip().casefold() for column in reader.fieldnames or ()]
    if missing := [column for column in _REQUIRED if column not in columns]:
        have = ', '.join(columns) or 'none'
        raise _wrong(file, 1, f'there is no column {missing[0]!r}; the columns are {have}')
    reader.fieldnames = columns
    try:
        for row in reader:
            values = {key: (row.get(key) or '').strip() for key in (*_REQUIRED, 'group', 'split')}
            if None in row:
                raise _wrong(file, reader.line_num, 'has more cells than there are columns')
            if empty := [column for column in _REQUIRED if not values[column]]:
                raise _wrong(file, reader.line_num, f'has no {empty[0]}')
            split = values.pop('split')
            part = part_named(split)
            if split and part is None:
                raise _wrong(file, reader.line_num, f'the split {split!r} is unknown: use {KNOWN}')
            yield _Row(reader.line_num, **values, part=part)
    except csv.Error as error:
        raise _wrong(file, reader.line_num, f'is no CSV ({error})') from None


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
    return TrainingError(f'{file}, line {line}: {what}')
