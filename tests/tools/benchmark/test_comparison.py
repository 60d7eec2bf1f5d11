# SPDX-License-Identifier: Apache-2.0
import math

import pytest

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.tools.benchmark.comparison import (
    Change,
    check_common_variants,
    compare,
    differences,
    failures,
    missing,
)
from mobilenet_perception.tools.benchmark.report import changes_text
from tests.tools.benchmark.reports import RUNTIME, held, report, trial, variant


def by_name(changes: list[Change]) -> dict[str, Change]:
    return {change.name.removeprefix(f'{RUNTIME}, '): change for change in changes}


def test_change_is_of_the_old_value_and_knows_which_way_is_worse() -> None:
    changes = compare(report(variant(p50=2.0), held(100.0)), report(variant(p50=2.5), held(80.0)))
    found = by_name(changes)
    slower = found['tiny: latency p50 (ms)']
    assert slower.percent == slower.worse_percent == pytest.approx(25.0)
    rate = found['rate held (Hz)']
    assert rate.percent == pytest.approx(-20.0)
    assert rate.worse_percent == pytest.approx(20.0)
    assert found['tiny: throughput (Hz)'].worse_percent == pytest.approx(20.0)
    assert '+25.0 %' in changes_text(changes) and '-20.0 %' in changes_text(changes)


def test_a_build_fails_above_the_allowance_and_not_at_it() -> None:
    changes = compare(report(variant(p50=2.0), held(100.0)), report(variant(p50=2.5), held(80.0)))
    assert failures(changes, None, None) == []
    assert failures(changes, 25.1, None) == []
    assert len(failures(changes, 24.9, None)) == 1
    assert len(failures(changes, 19.0, None)) == 2
    assert 'from 2.00 to 2.50: at most 24.9 %' in failures(changes, 24.9, None)[0]


def test_the_tail_has_an_allowance_of_its_own() -> None:
    changes = compare(report(variant(p99=4.0)), report(variant(p99=8.0)))
    assert failures(changes, 10.0, None) == []
    assert failures(changes, 10.0, 100.0) == []
    assert len(failures(changes, None, 99.0)) == 1


def test_age_end_to_end_is_held_to_it_too() -> None:
    changes = compare(report(trial(age_ms=6.0)), report(trial(age_ms=9.0)))
    told = failures(changes, 40.0, None)
    assert len(told) == 1 and '1 camera at 30 Hz: age p50 (ms) got 50.0 % worse' in told[0]


def test_better_is_never_a_failure() -> None:
    changes = compare(report(variant(p50=4.0), held(50.0)), report(variant(p50=1.0), held(90.0)))
    assert failures(changes, 0.1, 0.1) == []


def test_what_is_no_longer_there_is_infinitely_worse() -> None:
    changes = compare(report(trial(), held(100.0)), report(trial(age_ms=None), held(None)))
    rate = by_name(changes)['rate held (Hz)']
    assert math.isinf(rate.worse_percent) and rate.percent is None
    told = ' '.join(failures(changes, 1000.0, None))
    assert 'rate held (Hz) was 100.00, and now there is none' in told and 'age p50' in told
    # It was never there: that is no change.
    same = compare(report(trial(age_ms=None)), report(trial(age_ms=None)))
    assert failures(same, 0.1, 0.1) == []


def test_another_power_mode_may_explain_a_change_and_another_clock_is_no_news() -> None:
    old, new = report(variant()), report(variant())
    new['machine_state']['before']['cpu_mhz'] = 1.0
    old['machine']['power_mode'], new['machine']['power_mode'] = '15W', 'MAXN'
    assert differences(old, new) == ['the machine differs: power_mode was 15W and is MAXN']


def test_only_common_figures_are_compared_and_the_others_named() -> None:
    old = report(variant(), trial(10.0), trial(30.0), held())
    new = report(variant(), variant('other'), trial(30.0), trial(60.0))
    names = set(by_name(compare(old, new)))
    assert 'tiny: latency p50 (ms)' in names and '1 camera at 30 Hz: age p50 (ms)' in names
    assert not any('other' in name or '60 Hz' in name for name in names)
    absent = ' '.join(missing(old, new))
    assert '10 Hz' in absent and 'rate held' in absent and '30 Hz' not in absent


def test_frames_with_regions_are_compared_with_their_like_alone() -> None:
    whole = report(trial(), held())
    with_regions = report(trial()._replace(regions=8), held())
    with_regions['settings']['regions'] = 8
    assert by_name(compare(with_regions, with_regions)).keys() >= {
        '1 camera at 30 Hz, 8 regions: age p50 (ms)', 'rate held, 8 regions (Hz)',
    }  # fmt: skip
    assert compare(whole, with_regions) == []
    old = report(trial(), held())
    del old['settings']['regions']
    assert by_name(compare(old, whole)) and differences(old, whole) == []


def test_says_what_else_differs() -> None:
    old, new = report(variant(), digest='cd' * 32), report(variant())
    old['machine']['processor'] = 'Abacus'
    old['settings']['latency_budget_ms'] = 20.0
    old['runtimes'][RUNTIME]['version'] = '0.9'
    old['interrupted'] = True
    told = ' | '.join(differences(old, new))
    for expected in ('processor was Abacus', f'digest was {"cd" * 32}', 'was 20.0 and is 50.0',
                     'version 0.9', 'interrupted'):  # fmt: skip
        assert expected in told
    assert differences(new, new) == []


def test_refuses_a_report_without_common_variants() -> None:
    check_common_variants(report(variant()), {RUNTIME: ''}, ('large', 'tiny'))
    with pytest.raises(PerceptionError, match='none of the variants large'):
        check_common_variants(report(variant()), {RUNTIME: ''}, ('large',))
    with pytest.raises(PerceptionError, match='none of the variants tiny on tensorrt'):
        check_common_variants(report(variant()), {'tensorrt': ''}, ('tiny',))


@pytest.mark.parametrize('key', ['runtimes', 'machine', 'settings', 'bundle'])
@pytest.mark.parametrize('value', [None, 3, 'text', {'a': 1}])
def test_a_damaged_report_is_refused(key: str, value: object) -> None:
    old = {**report(variant()), key: value}
    if key != 'runtimes' and isinstance(value, dict):
        assert differences(old, report(variant()))
        return
    with pytest.raises(PerceptionError):
        check_common_variants(old, {RUNTIME: ''}, ('tiny',))
