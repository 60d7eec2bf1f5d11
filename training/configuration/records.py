# SPDX-License-Identifier: Apache-2.0
"""Records that are kept as JSON: typed, fields by name, read strictly; what is wrong is named."""

import json
import re
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from typing_extensions import dataclass_transform

from training.errors import TrainingError

_Kind = TypeVar('_Kind')
_AnyRecord = TypeVar('_AnyRecord', bound='Record')
# What msgspec calls the types of JSON, and what people do.
_WORDS = {
    'float': 'a number',
    'int': 'a whole number',
    'str': 'a word',
    'bool': 'true or false',
    'null': 'null',
    'array': 'a list',
    'object': 'a set of named values',
}
_PROBLEMS = {
    'Expected ': 'must be {}',
    'Object contains unknown field ': 'has an unknown field {!r}',
    'Object missing required field ': 'lacks the field {!r}',
}


@dataclass_transform(frozen_default=True)
class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A NamedTuple in all but its order: msgspec would make a list of that."""

    def _replace(self: _AnyRecord, **changes: Any) -> _AnyRecord:
        """Return a copy with some fields changed."""
        return msgspec.structs.replace(self, **changes)

    def _asdict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return msgspec.structs.asdict(self)


def to_json(value: Any) -> Any:
    """Return records, however deep, as JSON values, fields by name."""
    return msgspec.to_builtins(value, str_keys=True, enc_hook=_plain)


def json_text(value: Any) -> str:
    """Return records, however deep, as the text of a JSON file."""
    return json.dumps(to_json(value), indent=1) + '\n'


def from_json(kind: type[_Kind], value: Any, where: str) -> _Kind:
    """Read what `to_json` gave.

    Raises:
        TrainingError: a field is missing, unknown or of another type.
    """
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        place, problem = _said(error)
        raise TrainingError(f'{where}{place} {problem}') from None


def with_field(record: _AnyRecord, path: str, text: str) -> _AnyRecord:
    """Return the record with one field changed, such as `optimizer.learning_rate`, `0.01`.

    Args:
        record: of records.
        path: names joined by dots; after a dictionary, one of its keys.
        text: JSON, or a bare word.

    Raises:
        TrainingError: there is no such field, or the value has another type.
    """
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    changed = to_json(record)
    owner: Any = record
    within = changed
    *names, last = path.split('.')
    for name in names:
        owner, within = _field(owner, name, path), within.get(name)
    _field(owner, last, path)
    within[last] = value
    try:
        return msgspec.convert(changed, type(record))
    except msgspec.ValidationError as error:
        place, problem = _said(error)
        deeper = '' if place == f'.{path}' else f'{place[1:]} '
        raise TrainingError(f'{path} is {value!r}, but {deeper}{problem}') from None


def _field(owner: Any, name: str, path: str) -> Any:
    if isinstance(owner, Mapping):
        return owner.get(name)
    fields = getattr(owner, '__struct_fields__', ())
    if name not in fields:
        known = f'choose one of {", ".join(fields)}' if fields else 'it has no fields'
        raise TrainingError(f'there is no setting {path!r} ({name!r} is unknown): {known}')
    return getattr(owner, name)


def _said(error: msgspec.ValidationError) -> tuple[str, str]:
    """Return the place that an error names, such as `.stages[0].epochs`, and what is wrong."""
    found = re.fullmatch(r'(\D+?)`(.*?)`.*?(?: - at `\$(.*)`)?', str(error))
    if found is None or found[1] not in _PROBLEMS:
        return '', f'is wrong: {error}'
    named = ' or '.join(_WORDS.get(one, one) for one in found[2].split(' | '))
    return found[3] or '', _PROBLEMS[found[1]].format(named)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, float):
        # NumPy's float64 is one.
        return float(value)
    raise TypeError(f'{type(value)} is no value of JSON')
