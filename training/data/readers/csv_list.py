# SPDX-License-Identifier: Apache-2.0
"""A CSV file that lists images: columns `path` and `label`, and if need be `group` and `split`."""

import os
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath, PureWindowsPath
from typing import NamedTuple

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.recordings.csv_rows import read_rows, wrong_row
from mobilenet_perception.recordings.labels import canonical_label
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
    """Read a list of images; images stay in their files.

    Paths are absolute, or relative to the list. They may lead out of its folder, as the list is
    the user's own; a note then says from where is read. What is no regular file is refused.

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
    return DataSet(samples, labels, parts=parts, notes=_notes(file, samples))


def _rows(file: Path) -> Iterator[_Row]:
    try:
        for line, cells in read_rows(file, _REQUIRED, ('group', 'split')):
            if empty := [column for column in _REQUIRED if not cells[column]]:
                raise _wrong(file, line, f'has no {empty[0]}')
            split = cells.pop('split')
            part = part_named(split)
            if split and part is None:
                raise _wrong(file, line, f'the split {split!r} is unknown: use {KNOWN}')
            cells['label'] = canonical_label(cells['label'])
            yield _Row(line, **cells, part=part)
    except TrainingError:
        raise
    except PerceptionError as error:
        raise TrainingError(str(error)) from error


def _place(file: Path, row: _Row) -> Path:
    # Lists made on Windows; and names of files whose accents macOS writes in another form.
    text = row.path.replace('\\', '/')
    for form in (text, *(unicodedata.normalize(form, text) for form in ('NFC', 'NFD'))):
        place = Path(os.path.normpath(file.parent / form))
        if place.is_file():
            return place
    if place.exists():
        raise _wrong(file, row.line, f'{row.path} is no file')
    if PureWindowsPath(row.path).drive:
        raise _wrong(
            file, row.line, f'there is no file {row.path}, a path of Windows: write it relative '
            'to the list'
        )  # fmt: skip
    raise _wrong(file, row.line, f'there is no file {row.path}')


def _notes(file: Path, samples: Sequence[Sample]) -> tuple[str, ...]:
    """Say from where images outside the list's folder are read."""
    folder = Path(os.path.normpath(file.parent.absolute()))
    images = [s.image.absolute() for s in samples if isinstance(s.image, Path)]
    places = [Path(os.path.normpath(image)) for image in images]
    outside = [place.parent for place in places if not place.is_relative_to(folder)]
    if not outside:
        return ()
    return (
        f'{file}: {len(outside)} of {len(samples)} images lie outside its folder, in or below '
        f'{os.path.commonpath(outside)}',
    )


def _wrong(file: Path, line: int, what: str) -> TrainingError:
    return TrainingError(str(wrong_row(file, line, what)))
