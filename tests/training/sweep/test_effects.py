# SPDX-License-Identifier: Apache-2.0
"""Effects: known ones are found again, and what cannot be told is not told."""

from itertools import product

import numpy as np
import pytest

from training.configuration.settings import Number
from training.sweep.effects import measure_effects
from training.sweep.record import Attribute

ALPHA = Attribute('alpha', (0.25, 0.5, 1.0))
NAME = Attribute('name', ('sgd', 'adamw'))
GRID: list[dict[str, Number]] = [
    {'alpha': alpha, 'name': name} for alpha, name in product(ALPHA.values, NAME.values)
]


def test_means_of_a_grid_are_the_plain_means_and_shares_add_up() -> None:
    gain = {0.25: 0.0, 0.5: 0.04, 1.0: 0.06}
    noise = [0.001, -0.001, -0.001, 0.001, 0.001, -0.001]
    y = [
        0.9 + gain[float(v['alpha'])] + 0.01 * (v['name'] == 'adamw') + n
        for v, n in zip(GRID, noise, strict=True)
    ]
    found = measure_effects('accuracy', (ALPHA, NAME), GRID, y)
    assert [effect.setting for effect in found.effects] == ['alpha', 'name']
    for level in found.effects[0].levels:
        plain = np.mean([a for a, v in zip(y, GRID, strict=True) if v['alpha'] == level.value])
        assert level.mean == pytest.approx(plain)
        assert level.trials == 2
        assert level.low is not None
        assert level.high is not None
        assert level.low < 0.905 + gain[float(level.value)] < level.high
        assert level.high - level.low < 0.02
    assert found.effects[0].importance is not None
    assert found.effects[0].importance > 0.9
    shares = [effect.importance or 0.0 for effect in found.effects]
    assert sum(shares) + (found.unexplained or 0.0) == pytest.approx(1.0)


def test_what_multiplies_a_cost_is_found_exactly() -> None:
    y = [2.0 * float(v['alpha']) * (3.0 if v['name'] == 'sgd' else 1.0) for v in GRID]
    found = measure_effects('latency', (ALPHA, NAME), GRID, y, ratios=True)
    assert found.unexplained == pytest.approx(0.0, abs=1e-9)
    by_setting = {effect.setting: effect for effect in found.effects}
    first, second, third = (level.mean for level in by_setting['alpha'].levels)
    assert second / first == pytest.approx(2.0)
    assert third / second == pytest.approx(2.0)


def test_the_best_of_a_range_is_found_within_it() -> None:
    rate = Attribute('learning_rate', (), 1e-4, 1e-1, logarithmic=True)
    random = np.random.default_rng(0)
    values: list[dict[str, Number]] = [
        {'learning_rate': float(10 ** random.uniform(-4, -1)), 'seed': int(random.integers(2))}
        for _ in range(30)
    ]
    y = [
        0.95 - 0.02 * (np.log10(float(v['learning_rate'])) + 2.5) ** 2 + random.normal(0, 0.002)
        for v in values
    ]
    found = measure_effects('accuracy', (rate, Attribute('seed', (0, 1))), values, y)
    by_setting = {effect.setting: effect for effect in found.effects}
    best = max(by_setting['learning_rate'].levels, key=lambda level: level.mean)
    assert 10**-2.9 < float(best.value) < 10**-2.1
    assert best.mean == pytest.approx(0.95, abs=0.004)
    # A seed does nothing, and is not said to.
    assert (by_setting['seed'].importance or 0.0) < 0.02
    zero, one = by_setting['seed'].levels
    assert (zero.low or 0) < one.mean < (zero.high or 1)


def test_attributes_that_always_change_together_are_not_told_apart() -> None:
    values: list[dict[str, Number]] = [
        {'a': x, 'b': x, 'c': c} for x in (1, 2) for c in (1, 2) for _ in range(2)
    ]
    attributes = tuple(Attribute(name, (1, 2)) for name in 'abc')
    y = [float(v['a']) + 0.1 * float(v['c']) + 0.01 * i for i, v in enumerate(values)]
    found = {e.setting: e for e in measure_effects('accuracy', attributes, values, y).effects}
    assert found['a'].importance is None
    assert found['b'].importance is None
    assert found['a'].levels == ()
    assert found['c'].importance is not None
    assert len(found['c'].levels) == 2


def test_too_few_trials_give_means_and_no_intervals() -> None:
    values: list[dict[str, Number]] = [{'alpha': 0.25}, {'alpha': 0.5}]
    found = measure_effects('accuracy', (ALPHA,), values, [0.8, 0.9])
    assert [level.mean for level in found.effects[0].levels] == pytest.approx([0.8, 0.9])
    assert all(level.low is None for level in found.effects[0].levels)
    assert found.unexplained is None
