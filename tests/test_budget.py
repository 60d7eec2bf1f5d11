# SPDX-License-Identifier: Apache-2.0
"""The budget picks the most accurate variant that fits, and recovers from slow-downs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobilenet_perception.budget import Budget

PROFILE = {'large': 10.0, 'small': 2.0}


def test_picks_the_most_accurate_that_fits() -> None:
    budget = Budget(PROFILE)
    assert budget.choose(50.0).variant == 'large'
    assert budget.choose(5.0).variant == 'small'
    assert budget.choose(1.0).variant == ''
    assert budget.choose(1.0).predicted_ms == pytest.approx(2.0)
    assert budget.choose(50.0, ['small']).variant == 'small'


def test_a_slow_down_holds_for_all_variants() -> None:
    budget = Budget(PROFILE)
    for _ in range(100):
        budget.measured('small', 6.0, 1.0)
    assert budget.slowdown == pytest.approx(3.0, rel=0.01)
    assert budget.predict_ms('large') == pytest.approx(31.0, rel=0.05)


def test_a_past_slow_down_does_not_block_for_ever() -> None:
    budget = Budget(PROFILE)
    for _ in range(50):
        budget.measured('large', 500.0, 1.0)
    refused = 0
    while not budget.choose(30.0).variant:
        refused += 1
        assert refused < 100
    assert refused > 3


@given(
    st.lists(st.tuples(st.floats(0.1, 100), st.floats(0, 20)), max_size=50),
    st.floats(-10, 200),
)
def test_what_is_chosen_fits(history: list[tuple[float, float]], left_ms: float) -> None:
    budget = Budget(PROFILE)
    for inference_ms, overhead_ms in history:
        budget.measured('large', inference_ms, overhead_ms)
    predictions = {name: budget.predict_ms(name) for name in PROFILE}
    choice = budget.choose(left_ms)
    fitting = [name for name in PROFILE if predictions[name] <= left_ms]
    assert choice.variant == (fitting[0] if fitting else '')
