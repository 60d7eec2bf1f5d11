# SPDX-License-Identifier: Apache-2.0
"""Two reports compared by their figures: what changed, and whether it got worse by too much."""

import math
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, NamedTuple

from mobilenet_perception.errors import PerceptionError

_SUMMARY = ('p50', 'p95', 'p99', 'max')


class Gate(str, Enum):
    """Which allowance a figure is held to when a build is to fail."""

    NONE = 'none'
    TYPICAL = 'typical'
    TAIL = 'tail'


class Figure(NamedTuple):
    """One figure of a report.

    Attributes:
        value: in the unit that its name says; None: it could not be had, as no frame was
            answered, or no rate held.
        more_is_better: such as a rate; else less is, such as a latency.
        gate: the allowance it is held to.
    """

    value: float | None
    more_is_better: bool = False
    gate: Gate = Gate.NONE


def figures(report: Mapping[str, Any]) -> dict[str, Figure]:
    """Return all figures of a report, by name.

    Raises:
        PerceptionError: the report is damaged.
    """
    found: dict[str, Figure] = {}
    try:
        for runtime, measured in report['runtimes'].items():
            for variant, values in measured['variants'].items():
                found |= _of_variant(f'{runtime}, {variant}', values)
            for trial in measured['trials']:
                many = f'{trial["cameras"]} camera{"s" if trial["cameras"] > 1 else ""}'
                name = f'{runtime}, {many} at {trial["rate_hz"]:g} Hz'
                found |= _of_trial(f'{name}{_with_regions(trial)}', trial)
            if held := measured['rate_held']:
                rate = _value(held['rate_hz'])
                regions = _with_regions(report.get('settings', {}))
                found[f'{runtime}, rate held{regions} (Hz)'] = Figure(rate, True, Gate.TYPICAL)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise PerceptionError(
            f'the report to compare with is damaged ({error!r}): measure it anew'
        ) from error
    return found


def _with_regions(values: Mapping[str, Any]) -> str:
    """Return the end of a name: of frames with regions; earlier releases did not know them."""
    count = values.get('regions', 0)
    return f', {count} region{"s" if count > 1 else ""}' if count else ''


def _of_variant(name: str, values: Mapping[str, Any]) -> dict[str, Figure]:
    return {
        f'{name}: load (ms)': Figure(_value(values['load_ms'])),
        f'{name}: first run (ms)': Figure(_value(values['first_run_ms'])),
        **_summary(f'{name}: latency', values['latency_ms'], gated=True),
        f'{name}: throughput (Hz)': Figure(_value(values['throughput_hz']), True),
        f'{name}: memory (MB)': Figure(_value(values['memory_mb'])),
    }


def _of_trial(name: str, trial: Mapping[str, Any]) -> dict[str, Figure]:
    found = {
        f'{name}: {share} (%)': Figure(None if trial[share] is None else 100 * trial[share])
        for share in ('miss_rate', 'unanswered')
    }
    for stage in ('age', 'transport', 'total'):
        # The age is what the planner sees; it holds the other two.
        found |= _summary(f'{name}: {stage}', trial[f'{stage}_ms'], gated=stage == 'age')
    return found


def _summary(name: str, values: Mapping[str, Any] | None, gated: bool) -> dict[str, Figure]:
    gates = {'p50': Gate.TYPICAL, 'p99': Gate.TAIL} if gated else {}
    return {
        f'{name} {key} (ms)': Figure(
            None if values is None else _value(values[key]), gate=gates.get(key, Gate.NONE)
        )
        for key in _SUMMARY
    }


def _value(value: Any) -> float | None:
    return None if value is None else float(value)


class Change(NamedTuple):
    """One figure, then and now.

    Attributes:
        name: what it is, with its unit.
        old: then.
        new: now.
        percent: the change, of the old value; None: one of them is not known, or the old is 0.
        worse_percent: how much worse it got; below 0: better; infinite: there is none any more.
        gate: the allowance it is held to.
    """

    name: str
    old: float | None
    new: float | None
    percent: float | None
    worse_percent: float
    gate: Gate


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """Compare the figures that both reports have.

    Raises:
        PerceptionError: a report is damaged.
    """
    before, now = figures(old), figures(new)
    return [_change(name, before[name], figure) for name, figure in now.items() if name in before]


def missing(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Return the names of figures that only the old report has."""
    now = figures(new)
    return [name for name in figures(old) if name not in now]


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Say what else differs, and so may explain a change: machine, bundle, settings, versions."""
    told = []
    for part in ('machine', 'bundle', 'settings'):
        before, now = old[part], new[part]
        told += [
            f'the {part} differs: {key} was {before.get(key)} and is {value}'
            for key, value in now.items()
            # What an earlier release did not know was not there.
            if before.get(key) != value and (key in before or value)
        ]
    for runtime, measured in new['runtimes'].items():
        version = (old['runtimes'].get(runtime) or measured).get('version')
        if version != measured['version']:
            told.append(f'{runtime} was version {version} and is {measured["version"]}')
    if old.get('interrupted'):
        told.append('the old report is of a run that was interrupted')
    return told


def check_common_variants(
    old: Mapping[str, Any], runtimes: Mapping[str, str], variants: Sequence[str]
) -> None:
    """Refuse an old report that has nothing to compare with.

    Args:
        old: the report.
        runtimes: the runtimes to be measured; only the names matter.
        variants: names of the variants to be measured.

    Raises:
        PerceptionError: it has no variant in common, or is damaged.
    """
    figures(old)
    for part in ('machine', 'bundle', 'settings'):
        if not isinstance(old.get(part), dict):
            raise PerceptionError(
                f'the report to compare with does not say its {part}: measure it anew'
            )
    for runtime in runtimes:
        if set(variants) & set(old['runtimes'].get(runtime, {}).get('variants', {})):
            return
    raise PerceptionError(
        f'the old report has none of the variants {", ".join(variants)} on '
        f'{", ".join(runtimes)}: compare with a report of this bundle'
    )


def failures(
    changes: Sequence[Change], above_percent: float | None, tail_above_percent: float | None
) -> list[str]:
    """Say which figures got worse by more than allowed.

    Args:
        changes: what changed.
        above_percent: allowance of the latencies' medians and of the rate held; None: any.
        tail_above_percent: allowance of the latencies' 99th percentiles; None: any.
    """
    allowed = {Gate.TYPICAL: above_percent, Gate.TAIL: tail_above_percent}
    told = []
    for change in changes:
        limit = allowed.get(change.gate)
        if limit is None or change.worse_percent <= limit:
            continue
        if change.new is None:
            told.append(f'{change.name} was {change.old:.2f}, and now there is none')
        else:
            told.append(
                f'{change.name} got {change.worse_percent:.1f} % worse, from {change.old:.2f} to '
                f'{change.new:.2f}: at most {limit:g} % are allowed'
            )
    return told


def _change(name: str, old: Figure, new: Figure) -> Change:
    percent = None
    worse = 0.0
    if old.value is not None and new.value is None:
        worse = math.inf
    elif old.value and new.value is not None:
        percent = 100 * (new.value - old.value) / abs(old.value)
        worse = -percent if new.more_is_better else percent
    return Change(name, old.value, new.value, percent, worse, new.gate)
