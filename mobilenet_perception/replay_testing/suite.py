# SPDX-License-Identifier: Apache-2.0
"""The reports of several replays as one JSON file, and the names by which two are compared."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

from mobilenet_perception import __version__
from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.replay.many import Played

SCHEMA = 'mobilenet_perception.replays'
SCHEMA_VERSION = 1
# Of a report: what two of them are compared by.
_NEEDED = {
    *('version', 'mode', 'source', 'bundle', 'machine', 'latency_budget_ms'),
    *('received', 'outcomes', 'lost', 'scoring', 'cameras'),
}


def suite_to_json(played: Iterable[Played]) -> dict[str, Any]:
    """Return the reports of several replays as one value, with why some could not be played."""
    played = list(played)
    return {
        'schema': SCHEMA,
        'schema_version': SCHEMA_VERSION,
        'version': __version__,
        'reports': [one.report for one in played if one.report is not None],
        'errors': {one.settings.source: one.error for one in played if one.error},
    }


def read_reports(path: Path) -> list[dict[str, Any]]:
    """Read what `replay --json` wrote: the report of one bag, or those of several.

    Raises:
        PerceptionError: it cannot be read, or is neither.
    """
    try:
        value = json.loads(path.read_bytes())
    except OSError as error:
        raise PerceptionError(f'{path} cannot be read: {error.strerror}') from None
    except ValueError as error:
        raise PerceptionError(f'{path} is not JSON ({error}): write it anew') from None
    reports = [value]
    if isinstance(value, dict) and value.get('schema') == SCHEMA:
        reports = value.get('reports', [])
    if not all(isinstance(one, dict) and one.keys() >= _NEEDED for one in reports):
        raise PerceptionError(f'{path} is no report of a replay: name one that --json wrote')
    return reports


def by_name(reports: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return reports by the names of their sources, with as much of the path as tells them apart.

    So the same bags have the same names wherever they lie.
    """
    paths = [PurePath(one['source']).parts for one in reports]
    depth = 1
    longest = max(map(len, paths), default=1)
    while depth < longest and len({path[-depth:] for path in paths}) < len(set(paths)):
        depth += 1
    return {'/'.join(path[-depth:]): one for path, one in zip(paths, reports, strict=True)}
