# SPDX-License-Identifier: Apache-2.0
"""Labels of a model in a file of its own: .txt, .json or .csv, in the order of its outputs."""

import csv
import json
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.recordings.labels import canonical_label

_NUMBERED = re.compile(r'\s*(\d+)\s*[:,;\t ]\s*(\S.*)')


def read_labels(path: Path) -> tuple[str, ...]:
    """Read labels.

    A text has one a line, perhaps each behind its number; a JSON file a list, `{index: name}`,
    `{name: index}`, or `{index: [id, name]}`, as Keras' `imagenet_class_index.json`; a CSV file
    rows of an index and a name, or of names alone, with or without a heading.

    Raises:
        PerceptionError: it is none of these, or numbers are missing or come twice.
    """
    try:
        text = path.read_text(encoding='utf-8-sig')
    except OSError as error:
        raise PerceptionError(f'{path} cannot be read: {error.strerror}') from None
    except UnicodeDecodeError:
        raise PerceptionError(f'{path} is no text: give labels as .txt, .json or .csv') from None
    if path.suffix == '.json':
        found = _of_json(text, path)
    elif path.suffix == '.csv':
        found = _of_csv(text, path)
    else:
        found = parse_lines(text, path)
    if len(found) < 2:
        raise PerceptionError(f'{path} has {len(found)} labels: a classifier has at least two')
    return found


def parse_lines(text: str, path: Path) -> tuple[str, ...]:
    """Return the labels of a text, one a line; numbers before all of them are their places.

    Raises:
        PerceptionError: the numbers are no places.
    """
    lines = [line.strip() for line in text.splitlines()]
    while lines and not lines[-1]:
        lines.pop()
    matches = [_NUMBERED.fullmatch(line) for line in lines]
    numbered = [(int(match[1]), match[2]) for match in matches if match]
    if len(numbered) == len(lines) and _is_row([number for number, _ in numbered]):
        return _in_order(numbered, path)
    return _told_apart(lines)


def _is_row(numbers: Sequence[int]) -> bool:
    """Say whether these number something: "2 lanes" and "4 lanes" are names."""
    return min(numbers, default=2) in (0, 1) and max(numbers) - min(numbers) < len(numbers) + 1


def _of_json(text: str, path: Path) -> tuple[str, ...]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise PerceptionError(f'{path} is not JSON: {error}') from None
    if isinstance(value, list):
        return _told_apart([_name(item) for item in value])
    if isinstance(value, dict):
        # A model's config.json of Hugging Face has them among other things.
        value = value.get('id2label', value)
        if all(str(key).isdigit() for key in value):
            return _in_order([(int(key), _name(item)) for key, item in value.items()], path)
        if all(isinstance(item, int) for item in value.values()):
            return _in_order([(item, str(key)) for key, item in value.items()], path)
    raise PerceptionError(
        f'{path} holds no labels: give a list of names, or an object of index and name'
    )


def _name(item: Any) -> str:
    """Return a name; of Keras' pairs of WordNet's number and name, the name."""
    return str(item[-1] if isinstance(item, list) and item else item)


def _of_csv(text: str, path: Path) -> tuple[str, ...]:
    rows = [row for row in csv.reader(text.splitlines()) if any(cell.strip() for cell in row)]
    # A heading names columns where the others have numbers.
    numbered = [(int(row[0]), row[1]) for row in rows if len(row) > 1 and row[0].strip().isdigit()]
    if numbered and len(numbered) >= len(rows) - 1:
        return _in_order(numbered, path)
    names = [row[0].strip() for row in rows]
    return _told_apart(names[1:] if names[:1] in (['label'], ['name'], ['class']) else names)


def _in_order(numbered: Sequence[tuple[int, str]], path: Path) -> tuple[str, ...]:
    ordered = sorted(numbered)
    first = ordered[0][0] if ordered else 0
    for expected, (number, name) in enumerate(ordered, first):
        if number != expected or first not in (0, 1):
            raise PerceptionError(
                f'{path}: number {expected} is missing or comes twice, at {name!r}: number the '
                'labels from 0, in the order of the outputs'
            )
    return _told_apart([name for _, name in ordered])


def _told_apart(names: Sequence[str]) -> tuple[str, ...]:
    """Return names without spaces around; those that come again get a number, `crane (2)`."""
    counts: Counter[str] = Counter()
    found = []
    for position, given in enumerate(names):
        name = canonical_label(given.strip()) or f'label {position}'
        counts[name] += 1
        found.append(name if counts[name] == 1 else f'{name} ({counts[name]})')
    return tuple(found)
