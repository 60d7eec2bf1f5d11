# SPDX-License-Identifier: Apache-2.0
"""The golden file of a replay: what it gave when it was right. Text, to be read in a diff."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.system.files import write_atomically
from mobilenet_perception.tools.replay.testing.replayed import Replayed, timeline

SCHEMA = 'mobilenet_perception.golden_replay'
SCHEMA_VERSION = 1
# Of the files of several bags: <bag> and this.
GOLDEN_SUFFIX = '.golden.json'


class Tolerances(NamedTuple):
    """By how much a replay may differ from its golden file.

    Attributes:
        score: of a frame's score, 0 to 1: processors round differently.
        stage_ms: by how many milliseconds the median of a stage may grow, where time counts.
    """

    score: float = 0.02
    stage_ms: float = 10.0


class Golden(NamedTuple):
    """A golden file: its name, what it expects, and how exactly."""

    name: str
    replayed: Replayed
    tolerances: Tolerances


def read_golden(path: Path) -> Golden:
    """Read a golden file.

    Raises:
        PerceptionError: it is absent, or no golden file of this release.
    """
    anew = '`replay --expect FILE --update` or `pytest --replay-update` writes it anew'
    try:
        value = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise PerceptionError(f'{path} does not exist: {anew}') from None
    except OSError as error:
        raise PerceptionError(f'{path} cannot be read: {error.strerror}') from None
    except ValueError as error:
        raise PerceptionError(f'{path} is not JSON ({error}): {anew}') from None
    if not isinstance(value, dict) or value.get('schema') != SCHEMA:
        raise PerceptionError(f'{path} is not a golden file of a replay: {anew}')
    if value.get('schema_version') != SCHEMA_VERSION:
        raise PerceptionError(
            f'{path} has schema version {value.get("schema_version")} and this release reads '
            f'{SCHEMA_VERSION}: {anew}'
        )
    try:
        return Golden(path.name, _replayed(value), Tolerances(**value['tolerances']))
    except (KeyError, TypeError, AttributeError) as error:
        raise PerceptionError(
            f'{path} is damaged ({type(error).__name__}: {error}): {anew}'
        ) from None


def update_golden(path: Path, found: Replayed) -> None:
    """Write a golden file, all or nothing; tolerances that were set in an old one stay.

    Raises:
        OSError: it cannot be written.
    """
    try:
        tolerances = read_golden(path).tolerances
    except PerceptionError:
        tolerances = Tolerances()
    write_atomically(path, golden_text(found, tolerances))


def golden_text(found: Replayed, tolerances: Tolerances) -> str:
    """Return the text of a golden file: a line for each frame."""
    head: dict[str, Any] = {
        'schema': SCHEMA,
        'schema_version': SCHEMA_VERSION,
        'tolerances': tolerances._asdict(),
        **found._asdict(),
    }
    cameras = {
        name: ',\n   '.join(json.dumps(frame._asdict()) for frame in frames)
        for name, frames in head.pop('cameras').items()
    }
    body = ',\n'.join(
        f'  {json.dumps(name)}: [\n   {lines}\n  ]' for name, lines in cameras.items()
    )
    start = json.dumps(head, indent=1, ensure_ascii=False).removesuffix('\n}')
    return f'{start},\n "cameras": {{\n{body}\n }}\n}}\n'


def _replayed(value: dict[str, Any]) -> Replayed:
    fields = {name: value[name] for name in Replayed._fields}
    fields['cameras'] = {name: timeline(frames) for name, frames in fields['cameras'].items()}
    return Replayed(**fields)
