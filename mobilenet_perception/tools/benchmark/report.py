# SPDX-License-Identifier: Apache-2.0
"""The report of a benchmark: JSON values, which are the contract of `--json`, and tables."""

import importlib.metadata
import json
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from mobilenet_perception import __version__
from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.inference.bundle import Bundle
from mobilenet_perception.pipeline.timing import Outcome
from mobilenet_perception.system.machine import Sensors, read_identity
from mobilenet_perception.tools.benchmark.comparison import Change
from mobilenet_perception.tools.benchmark.settings import BenchmarkSettings
from mobilenet_perception.tools.benchmark.trial import RateHeld, Trial
from mobilenet_perception.tools.benchmark.variants import VariantFigures
from mobilenet_perception.tools.terminal import table

SCHEMA = 'mobilenet_perception.benchmark'
SCHEMA_VERSION = 1
_DECIMALS = 6
_SUMMARY = ('p50', 'p95', 'p99', 'max')
# How many variants a row names.
_VARIANTS_TOLD = 2
_STAGES = ('age', 'transport', 'total')
# Of the table of devices.
COLUMNS = ('Device', 'System', 'Power mode', 'Runtime', 'Variant', 'Precision', 'p50 ms', 'p99 ms')


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
                'regions': settings.regions,
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


def report_text(report: Mapping[str, Any]) -> str:
    """Return the tables of a report that `Report.to_json` made."""
    parts = ['\n'.join(filter(None, (_headline(report), _machine(report))))]
    for runtime, found in report['runtimes'].items():
        held = found['rate_held']
        trials = [*found['trials'], *([held['confirmation']] if held else [])]
        trials = [trial for trial in trials if trial]
        title = f'{runtime} {found["version"]}'
        if found['variants']:
            parts.append(f'{title}: each variant alone\n{_variants(found["variants"].values())}')
        parts += [
            f'{title}: not run: {name}: {reason}' for name, reason in found['left_out'].items()
        ]
        if trials:
            parts.append(f'{title}: end to end, frames\n{_outcomes(trials)}')
            parts.append(f'{title}: end to end, milliseconds\n{_latencies(trials)}')
        if held:
            parts.append(f'{title}: {_held(held)}')
    if report['skipped']:
        parts.append(f'end to end not measured: {report["skipped"]}')
    return '\n\n'.join(parts)


def changes_text(changes: Sequence[Change]) -> str:
    """Return old, new and change of each figure as a table."""
    rows = [['figure', 'old', 'new', 'change']]
    for change in changes:
        told = '-' if change.percent is None else f'{change.percent:+.1f} %'
        rows.append([change.name, _number(change.old), _number(change.new), told])
    return table(rows)


def _headline(report: Mapping[str, Any]) -> str:
    machine, bundle, settings = report['machine'], report['bundle'], report['settings']
    device = ', '.join(filter(None, (machine['board'], machine['processor'])))
    regions = settings.get('regions', 0)
    of_each = f', {_many(regions, "region")} of each frame' if regions else ''
    return (
        f'bundle {bundle["name"]} {bundle["digest"][:12]} on {device}, '
        f'{machine["cores"]} cores, Python {machine["python"]}, {machine["ros"] or "no ROS 2"}; '
        f'budget {settings["latency_budget_ms"]:g} ms, {settings["size"]}, '
        f'{_many(settings["threads"], "thread")}'
        f'{of_each}'
        f'{"; INTERRUPTED" if report["interrupted"] else ""}'
    )


def _many(count: int, what: str) -> str:
    return f'{count} {what}{"s" if count > 1 else ""}'


def _jetpack(machine: Mapping[str, Any]) -> str:
    """Return the release of a Jetson's system, as people write it; empty: it is no Jetson."""
    release: str = machine['jetpack']
    # Where JetPack's package is not installed, it is the release of Jetson Linux: `L4T 36.4.3`.
    return f'JetPack {release}' if release[:1].isdigit() else release


def _machine(report: Mapping[str, Any]) -> str:
    """Say how the machine did before and after, as far as it tells."""
    machine, state = report['machine'], report['machine_state']
    told = [
        machine['system'], _jetpack(machine),
        *(f'{name.replace("_", " ")} {machine[name]}' for name in ('power_mode', 'governor')
          if machine[name]),
    ]  # fmt: skip
    told = [words for words in told if words]
    units = {'cpu_mhz': '{:.0f} MHz', 'gpu_mhz': 'GPU {:.0f} MHz', 'hottest_c': '{:.1f} °C'}
    for when in ('before', 'after'):
        figures = [words.format(state[when][name]) for name, words in units.items()
                   if name in state[when]]  # fmt: skip
        slowed_by = state[when].get('slowed_by')
        figures += [f'slowed down because of heat ({slowed_by})'] if slowed_by else []
        told += [f'{when}: {", ".join(figures)}'] if figures else []
    return '; '.join(told)


def _variants(variants: Iterable[Mapping[str, Any]]) -> str:
    rows = [['variant', 'load ms', 'first run ms', *(f'{name} ms' for name in _SUMMARY),
             'frames/s', 'memory MB']]  # fmt: skip
    for found in variants:
        figures = [found['load_ms'], found['first_run_ms']]
        figures += [found['latency_ms'][name] for name in _SUMMARY]
        rows.append([found['variant'], *(f'{figure:.2f}' for figure in figures),
                     f'{found["throughput_hz"]:.0f}', f'{found["memory_mb"]:.1f}'])  # fmt: skip
    return table(rows)


def _outcomes(trials: Iterable[Mapping[str, Any]]) -> str:
    names = [str(outcome) for outcome in Outcome]
    trials = list(trials)
    # Only where frames had some: earlier releases did not know them.
    left = ['regions left'] if any(trial.get('regions') for trial in trials) else []
    rows = [
        ['cameras', 'Hz', 'sent', *names, *left, 'lost', 'miss rate', 'unanswered', 'answered by']
    ]
    for trial in trials:
        counts = [trial['sent'], *(trial['outcomes'][name] for name in names)]
        counts += [trial.get('regions_left', 0) for _ in left]
        counts.append(trial['lost'] + trial['unheard'])
        shares = (_share(trial['miss_rate']), _share(trial['unanswered']))
        rows.append([*_case(trial), *map(str, counts), *shares, _answered_by(trial['variants'])])
    return table(rows)


def _answered_by(variants: Mapping[str, float]) -> str:
    told = [f'{name} {share:.1%}' for name, share in variants.items()]
    others = [f'{len(told) - _VARIANTS_TOLD} more'] if len(told) > _VARIANTS_TOLD else []
    return ', '.join(told[:_VARIANTS_TOLD] + others)


def _latencies(trials: Iterable[Mapping[str, Any]]) -> str:
    heads = [f'{stage} {name}' for stage in _STAGES for name in _SUMMARY]
    rows = [['cameras', 'Hz', *heads]]
    for trial in trials:
        summaries = [trial[f'{stage}_ms'] or {} for stage in _STAGES]
        figures = [_number(found.get(name)) for found in summaries for name in _SUMMARY]
        rows.append([*_case(trial), *figures])
    return table(rows)


def _held(held: Mapping[str, Any]) -> str:
    limit = f'; {held["limit"]}' if held['limit'] else ''
    if held['rate_hz'] is None:
        return f'no rate of one camera was held{limit}'
    return f'highest rate of one camera held: {held["rate_hz"]:.1f} Hz{limit}'


def _case(trial: Mapping[str, Any]) -> tuple[str, str]:
    return str(trial['cameras']), f'{trial["rate_hz"]:.4g}'


def _share(value: float | None) -> str:
    return '-' if value is None else f'{value:.2%}'


def _number(value: float | None) -> str:
    return '-' if value is None else f'{value:.2f}'


def submission(report: Mapping[str, Any]) -> str:
    """Return a Markdown row of each variant measured alone, ready to be pasted.

    Args:
        report: what `Report.to_json` made.
    """
    machine = report['machine']
    device = machine['board'] or f'{machine["cores"]} cores of {machine["processor"]}'
    system = _jetpack(machine) or machine['system']
    rows = []
    for runtime, measured in report['runtimes'].items():
        for variant, found in measured['variants'].items():
            latency = found['latency_ms']
            rows.append([
                device, system, machine['power_mode'] or machine['governor'],
                f'{runtime} {measured["version"]}', variant, report['precisions'][variant],
                f'{latency["p50"]:.2f}', f'{latency["p99"]:.2f}',
            ])  # fmt: skip
    return '\n'.join(f'| {" | ".join(_cell(text) for text in row)} |' for row in rows)


def _cell(text: str) -> str:
    return text.replace('|', '\\|') or '-'
