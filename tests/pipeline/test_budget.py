# SPDX-License-Identifier: Apache-2.0
"""The budget picks the most accurate variant that fits, and recovers from slow-downs."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobilenet_perception.pipeline.budget import Budget

PROFILE = {'large': 10.0, 'middle': 5.0, 'small': 2.0}


def calm(risk: float = 0.01) -> Budget:
    """Return a budget that has run long on an idle machine, at 1 ms beside inference."""
    budget = Budget(PROFILE, risk)
    for _ in range(200):
        frame(budget, 'large', 10.0, 1.0)
    return budget


def frame(budget: Budget, variant: str, inference_ms: float, overhead_ms: float) -> None:
    budget.record_run(variant, inference_ms)
    budget.record_overhead(overhead_ms)


def test_picks_the_most_accurate_that_fits() -> None:
    budget = calm()
    assert budget.predict_ms('large') == pytest.approx(11.0, rel=0.12)
    assert budget.choose(50.0).variant == 'large'
    assert budget.choose(8.0).variant == 'middle'
    assert budget.choose(4.0).variant == 'small'
    assert budget.choose(2.8).variant == ''
    assert budget.choose(1.0).predicted_ms == pytest.approx(3.0, rel=0.1)
    assert budget.choose(50.0, ['small']).variant == 'small'


def test_a_fair_chance_is_better_than_none() -> None:
    budget = Budget(PROFILE)
    for value in np.random.default_rng(0).normal(20.0, 6.0, 200):
        frame(budget, 'large', value, 0.5)
    likely_ms = 2.0 * budget.slowdown + 0.5
    assert budget.predict_ms('small') > likely_ms + 1.0
    assert budget.choose(likely_ms + 0.3).variant == 'small'
    assert budget.choose(likely_ms - 0.3).variant == ''


def test_a_stall_of_a_short_run_is_no_slow_down_of_a_long_one() -> None:
    by_small, by_large = calm(), calm()
    by_small.record_run('small', 12.0)
    by_large.record_run('large', 20.0)
    # Ten milliseconds more each.
    assert by_small.predict_ms('large') < 2.2 * by_large.predict_ms('large')


def test_a_slow_down_holds_for_all_variants() -> None:
    budget = Budget(PROFILE)
    for _ in range(100):
        frame(budget, 'small', 6.0, 1.0)
    assert budget.slowdown == pytest.approx(3.0, rel=0.01)
    assert budget.predict_ms('large') == pytest.approx(31.0, rel=0.1)


def test_climbing_takes_a_margin_and_descending_none() -> None:
    budget = calm()
    needed = budget.predict_ms('large')
    assert budget.choose(needed * 1.05, current='large').variant == 'large'
    assert budget.choose(needed * 1.05, current='small').variant == 'middle'
    assert budget.choose(needed * 1.11, current='small').variant == 'large'
    # At a budget that flickers about the limit, the choice does not.
    limits = needed * (1 + 0.04 * np.random.default_rng(0).uniform(-1, 1, 300))
    current, changes = 'large', 0
    for limit in limits:
        chosen = budget.choose(limit, current=current).variant
        changes += chosen != current
        current = chosen
    assert changes <= 1


def test_a_small_risk_plans_for_more() -> None:
    random = np.random.default_rng(0)
    careful, bold = Budget(PROFILE, 0.001), Budget(PROFILE, 0.5)
    for value in random.normal(12.0, 2.0, 500):
        for budget in (careful, bold):
            frame(budget, 'large', value, 1.0)
    assert bold.predict_ms('large') == pytest.approx(13.0, rel=0.1)
    assert careful.predict_ms('large') > bold.predict_ms('large') + 4.0


@pytest.mark.parametrize('risk', [0.2, 0.05, 0.01])
def test_the_risk_is_about_the_share_of_overruns(risk: float) -> None:
    random = np.random.default_rng(3)
    budget, over = Budget(PROFILE, risk), 0
    values = random.normal(11.0, 1.0, 4000)
    for value in values:
        over += value + 1.0 > budget.predict_ms('large')
        frame(budget, 'large', value, 1.0)
    assert 0.2 * risk < over / len(values) < 2.5 * risk + 0.005


def test_a_past_slow_down_does_not_block_for_ever() -> None:
    budget = Budget(PROFILE)
    for _ in range(50):
        frame(budget, 'large', 500.0, 1.0)
    refused = 0
    while not budget.choose(30.0).variant:
        refused += 1
        assert refused < 100
    assert refused > 3


def test_a_run_is_abandoned_while_a_faster_one_can_still_finish() -> None:
    budget = calm()
    after_ms = budget.abandon_after_ms('large', 20.0, ['middle', 'small'])
    planned_ms = 10.0 * 1.1
    assert planned_ms < after_ms
    # The faster one suffers what the abandoned one has shown.
    slowdown = after_ms / 10.0
    assert after_ms + 2.0 * slowdown + 1.0 <= 20.0
    assert budget.faster('middle', tuple(PROFILE)) == ['small']
    # Nothing faster, no deadline, or no room for both: let it run.
    assert budget.abandon_after_ms('small', 20.0, []) == math.inf
    assert budget.abandon_after_ms('large', math.inf, ['small']) == math.inf
    assert budget.abandon_after_ms('large', 12.0, ['small']) == math.inf


HISTORY = st.lists(st.tuples(st.floats(0.1, 100), st.floats(0, 20)), max_size=50)
CURRENT = st.sampled_from(['', *PROFILE])


@given(HISTORY, st.floats(-10, 200), CURRENT)
def test_what_is_chosen_fits_and_nothing_better_fits_with_ease(
    history: list[tuple[float, float]], left_ms: float, current: str
) -> None:
    budget = Budget(PROFILE)
    for inference_ms, overhead_ms in history:
        frame(budget, 'large', inference_ms, overhead_ms)
    predictions = {name: budget.predict_ms(name) for name in PROFILE}
    choice = budget.choose(left_ms, current=current)
    fitting = [name for name in PROFILE if predictions[name] <= left_ms]
    easily = [name for name in PROFILE if predictions[name] * 1.11 <= left_ms]
    if choice.variant and not fitting:
        assert predictions[choice.variant] == min(predictions.values())
    elif choice.variant:
        assert choice.variant in fitting
        assert choice.predicted_ms == predictions[choice.variant]
        better = list(PROFILE)[: list(PROFILE).index(choice.variant)]
        assert not set(better) & set(easily)
    else:
        assert not fitting


@given(HISTORY, st.floats(0.1, 300))
def test_an_abandoned_run_was_beyond_its_plan(
    history: list[tuple[float, float]], left_ms: float
) -> None:
    budget = Budget(PROFILE)
    for inference_ms, overhead_ms in history:
        frame(budget, 'large', inference_ms, overhead_ms)
    after_ms = budget.abandon_after_ms('large', left_ms, ['small'])
    assert after_ms > budget.predict_ms('large') - budget.overhead_ms() - 1e-9
    assert math.isinf(after_ms) or after_ms < left_ms
