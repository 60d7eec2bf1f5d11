# SPDX-License-Identifier: Apache-2.0
"""What a benchmark has measured so far, as JSON values: the contract of its `--json` file."""

import importlib.metadata
import json
import os
import platform
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from mobilenet_perception import __version__
from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.inference.bundle import Bundle
from mobilenet_perception.system.machine import Sensors, read_identity
from mobilenet_perception.tools.benchmark.settings import BenchmarkSettings
from mobilenet_perception.tools.benchmark.trial import RateHeld, Trial
from mobilenet_perception.tools.benchmark.variants import VariantFigures

SCHEMA = 'mobilenet_perception.benchmark'
SCHEMA_VERSION = 1
_DECIMALS = 6


class Report:
    """Collects what is measured.

    Attributes:
        interrupted: a person ended it early.
        skipped: why nothing was measured end to end; empty when it was.
    """

    def __init__(
        self, settings: BenchmarkSettings, bundle: Bundle, versions: Mapping[str, str]
    ) -> None:
        self.interrupted = False
        self.skipped = ''
        self._settings = settings
        self._bundle = {'name': bundle.manifest.name, 'digest': bundle.digest}
        self._precisions = {item.name: item.precision for item in bundle.manifest.variants}
        self._sensors = Sensors()
        self._before = self._sensors.read()
        self._measured_at = datetime.now(timezone.utc).isoformat(timespec='seconds')
        self._runtimes: dict[str, dict[str, Any]] = {
            name: {
                'version': version,
                'variants': {},
                'left_out': {},
                'trials': [],
                'rate_held': None,
            }
            for name, version in versions.items()
        }

    def add(self, runtime: str, found: VariantFigures | Trial | RateHeld) -> None:
        """Take in what was measured on a runtime."""
        place = self._runtimes[runtime]
        if isinstance(found, VariantFigures):
            place['variants'][found.variant] = found.to_json()
        elif isinstance(found, Trial):
            place['trials'].append(found.to_json())
        else:
            place['rate_held'] = found.to_json()

    def leave_out(self, runtime: str, variant: str, reason: str) -> None:
        """Take in why a variant is not run on a runtime."""
        self._runtimes[runtime]['left_out'][variant] = reason

    def to_json(self) -> dict[str, Any]:
        """Return all of it.

        Times are milliseconds where their name ends in `_ms`; rates and throughput are frames a
        second (`_hz`). Neither the machine's name nor the user's is in it. The state of the
        machine is that when the report was begun, and now.
        """
        settings, identity = self._settings, read_identity()
        values: dict[str, Any] = {
            'schema': SCHEMA,
            'schema_version': SCHEMA_VERSION,
            'version': __version__,
            'measured_at': self._measured_at,
            'interrupted': self.interrupted,
            'machine': {
                'board': identity.board,
                'processor': identity.processor,
                'cores': len(os.sched_getaffinity(0)),
                'system': identity.system,
                'jetpack': identity.jetpack,
                'power_mode': self._before.power_mode,
                'governor': self._before.governor,
                'python': platform.python_version(),
                'ros': _ros(),
            },
            'machine_state': {
                'before': self._before.to_json(),
                'after': self._sensors.read().to_json(),
            },
            'bundle': self._bundle,
            'precisions': self._precisions,
            'settings': {
                'threads': settings.node.threads,
                'latency_budget_ms': settings.node.budget_ms,
                'size': f'{settings.width}x{settings.height}',
                'seconds': settings.seconds,
                'search_seconds': settings.search.seconds,
            },
            'skipped': self.skipped,
            'runtimes': self._runtimes,
        }
        rounded: dict[str, Any] = _rounded(values)
        return rounded


def read_report(path: Path) -> dict[str, Any]:
    """Read a report that `--json` wrote.

    Raises:
        PerceptionError: it cannot be read, is none, or has another schema.
    """
    try:
        value = json.loads(path.read_bytes())
    except OSError as error:
        raise PerceptionError(f'{path} cannot be read: {error.strerror}') from error
    except (ValueError, RecursionError) as error:
        raise PerceptionError(f'{path} is not JSON ({error}): measure it anew') from error
    if not isinstance(value, dict) or value.get('schema') != SCHEMA:
        raise PerceptionError(
            f'{path} is no report of this command: name a file that benchmark --json wrote'
        )
    if value.get('schema_version') != SCHEMA_VERSION:
        raise PerceptionError(
            f'{path} has schema version {value.get("schema_version")} and this release reads '
            f'{SCHEMA_VERSION}: measure it anew'
        )
    return value


def _ros() -> str:
    """Return the version of rclpy, wheel or installation; empty where there is none."""
    for name in ('ros-rclpy', 'rclpy'):
        try:
            return f'rclpy {importlib.metadata.version(name)}'
        except importlib.metadata.PackageNotFoundError:
            continue
    return ''


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(item) for item in value]
    return round(value, _DECIMALS) if isinstance(value, float) else value
