# SPDX-License-Identifier: Apache-2.0
"""Rows of CSV tables that people write: any separator, byte order mark, heading in any case."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from mobilenet_perception.errors import PerceptionError


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
