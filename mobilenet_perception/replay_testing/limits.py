# SPDX-License-Identifier: Apache-2.0
"""Figures of a replay against the limits set to them."""

from collections.abc import Mapping
from typing import Any

from mobilenet_perception.replay_testing.difference import Difference
from mobilenet_perception.replay_testing.expectations import Expectations


def check_limits(report: Mapping[str, Any], expectations: Expectations) -> list[Difference]:
    """Return which limits a report does not keep; see `Expectations`."""
    checks = (_accuracy, _miss_rate, _p99, _lost)
    found = (check(report, expectations) for check in checks)
    return [difference for difference in found if difference is not None]


def miss_rate(report: Mapping[str, Any]) -> float:
    """Return the share of frames without an answer in time, of those not superseded, 0 to 1."""
    asked = report['received'] + report['lost'] - report['outcomes']['superseded']
    return 1.0 - report['outcomes']['on_time'] / asked if asked else 0.0


def _accuracy(report: Mapping[str, Any], expectations: Expectations) -> Difference | None:
    least, accuracy = expectations.accuracy_at_least, report['accuracy']
    if least is None or (accuracy is not None and accuracy >= least):
        return None
    if accuracy is None:
        absent = report['scoring']['not_in_bundle']
        why = f': the bundle has no label {", ".join(absent)}' if absent else ''
        return Difference(
            f'no frame has a known, clear truth{why}; accuracy_at_least needs a labels file'
        )
    clear = report['scoring']['clear']
    confusions = tuple(
        f'{item["frames"]} x {item["truth"]} as {item["label"]}'
        for item in report['scoring']['confusions'][:5]
    )
    return Difference(
        f'accuracy is {accuracy:.4f} ({clear["right"]} of {clear["frames"]} clear frames), '
        f'and at least {least:g} is expected',
        causes=confusions,
    )


def _miss_rate(report: Mapping[str, Any], expectations: Expectations) -> Difference | None:
    most = expectations.miss_rate_at_most
    rate = miss_rate(report)
    if most is None or rate <= most:
        return None
    outcomes = {**report['outcomes'], 'lost': report['lost']}
    causes = tuple(
        f'{count} frames were {outcome}'
        for outcome, count in outcomes.items()
        if count and outcome not in ('on_time', 'superseded')
    )
    return Difference(
        f'the miss rate is {rate:.4f}, and at most {most:g} is allowed', causes=causes
    )


def _p99(report: Mapping[str, Any], expectations: Expectations) -> Difference | None:
    most_ms = expectations.p99_ms_at_most
    if most_ms is None:
        return None
    ages = report['percentiles'].get('age_ms')
    if ages is None:
        return Difference('no frame was answered, so that answers have no age')
    if ages['p99'] <= most_ms:
        return None
    stages = ('transport', 'wait', 'decode', 'preprocess', 'inference', 'postprocess')
    medians = {
        stage: report['percentiles'][f'{stage}_ms']['p50']
        for stage in stages
        if f'{stage}_ms' in report['percentiles']
    }
    longest = max(medians, key=lambda stage: medians[stage], default='')
    causes = (f'{longest} takes longest: median {medians[longest]:.1f} ms',) if longest else ()
    return Difference(
        f'p99 of the age of answers is {ages["p99"]:.1f} ms, and at most {most_ms:g} ms is '
        f'allowed (median {ages["p50"]:.1f} ms)',
        causes=causes,
    )


def _lost(report: Mapping[str, Any], expectations: Expectations) -> Difference | None:
    most = expectations.lost_at_most
    if most is None or report['lost'] <= most:
        return None
    return Difference(
        f'{report["lost"]} frames got lost on their way to the node, and at most {most} is allowed'
    )
