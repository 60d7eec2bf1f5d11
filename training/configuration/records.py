# SPDX-License-Identifier: Apache-2.0
"""Typed records to and from JSON values and text, strictly: a wrong field is named."""

import json
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from training.errors import TrainingError

_Record = TypeVar('_Record')


def to_json(record: Any) -> Any:
    """Return a record of records as JSON values, fields by name."""
    if hasattr(record, '_asdict'):
        return {name: to_json(value) for name, value in record._asdict().items()}
    if isinstance(record, Mapping):
        return {str(key): to_json(value) for key, value in record.items()}
    if isinstance(record, (tuple, list)):
        return [to_json(value) for value in record]
    return record


def from_json(kind: type[_Record], value: Any, where: str) -> _Record:
    """Read what `to_json` gave.

    Raises:
        TrainingError: a field is missing, unknown or of another type.
    """
    return typing.cast(_Record, _read(kind, value, where))


def with_field(record: _Record, path: str, text: str) -> _Record:
    """Return the record with one field changed, such as `optimizer.learning_rate`, `0.01`.

    Args:
        record: a NamedTuple of NamedTuples.
        path: names joined by dots; after a dictionary, one of its keys.
        text: JSON, or a bare word.

    Raises:
        TrainingError: there is no such field, or the value has another type.
    """
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    return typing.cast(_Record, _changed(type(record), record, path.split('.'), value, path))


def _changed(kind: Any, record: Any, path: list[str], value: Any, where: str) -> Any:
    if not path:
        return _read(kind, value, where)
    name, *rest = path
    if typing.get_origin(kind) in (dict, Mapping):
        return {**record, name: _changed(typing.get_args(kind)[1], None, rest, value, where)}
    fields = _fields(kind)
    if name not in fields:
        known = f'choose one of {", ".join(fields)}' if fields else 'it has no fields'
        raise TrainingError(f'there is no setting {where!r} ({name!r} is unknown): {known}')
    inner = _changed(fields[name], getattr(record, name), rest, value, where)
    return record._replace(**{name: inner})


def _read(kind: Any, value: Any, where: str) -> Any:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    found: Any = value
    if origin in (typing.Union, types.UnionType):
        found = _read_union(arguments, value, where)
    elif origin is tuple and isinstance(value, (list, tuple)):
        found = tuple(_read(arguments[0], v, f'{where}[{i}]') for i, v in enumerate(value))
    elif origin in (dict, Mapping) and isinstance(value, Mapping):
        found = {str(k): _read(arguments[1], v, f'{where}.{k}') for k, v in value.items()}
    elif _fields(kind) and isinstance(value, Mapping):
        found = _read_record(kind, value, where)
    elif kind is float and type(value) is int:
        found = float(value)
    elif kind is not Any and type(value) is not kind:
        raise TrainingError(f'{where} is {value!r}, but must be {_described(kind)}')
    return found


def _read_union(kinds: tuple[Any, ...], value: Any, where: str) -> Any:
    # Whole numbers stay whole where the union allows it.
    for kind in sorted(kinds, key=lambda k: k is float):
        try:
            return None if kind is type(None) and value is None else _read(kind, value, where)
        except TrainingError:
            continue
    allowed = ' or '.join(_described(kind) for kind in kinds)
    raise TrainingError(f'{where} is {value!r}, but must be {allowed}')


def _read_record(kind: Any, value: Mapping[str, Any], where: str) -> Any:
    fields = _fields(kind)
    if unknown := sorted(set(value) - set(fields)):
        raise TrainingError(f'{where} has an unknown field {unknown[0]!r}')
    missing = [n for n in fields if n not in value and n not in kind._field_defaults]
    if missing:
        raise TrainingError(f'{where} lacks the field {missing[0]!r}')
    return kind(**{n: _read(fields[n], v, f'{where}.{n}') for n, v in value.items()})


def _fields(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind) if hasattr(kind, '_fields') else {}


def _described(kind: Any) -> str:
    names = {float: 'a number', int: 'a whole number', str: 'a word', bool: 'true or false'}
    if kind is type(None):
        return 'null'
    if typing.get_origin(kind) is tuple:
        return 'a list'
    return names.get(kind, 'a set of named values')
