# SPDX-License-Identifier: Apache-2.0
"""The figures of a report, by name: what two reports are compared by."""

from collections.abc import Mapping
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
                found |= _of_trial(f'{runtime}, {many} at {trial["rate_hz"]:g} Hz', trial)
            if held := measured['rate_held']:
                rate = _value(held['rate_hz'])
                found[f'{runtime}, rate held (Hz)'] = Figure(rate, True, Gate.TYPICAL)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise PerceptionError(
            f'the report to compare with is damaged ({error!r}): measure it anew'
        ) from error
    return found


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
