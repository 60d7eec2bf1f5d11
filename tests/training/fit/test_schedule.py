# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from training.configuration.settings import Configuration, Optimizer, Stage
from training.fit.legs import legs
from training.fit.optimizer import learning_rate

STEPS = 10


def rates(settings: Optimizer, *stages: Stage) -> list[float]:
    """Return the rate of each step of the first stages' optimiser."""
    leg = legs(Configuration('x', stages or (Stage(10, 32, 32),), optimizer=settings))[0]
    schedule = learning_rate(settings, leg, STEPS)
    steps = np.arange(leg.schedule_end * STEPS + 1)
    return [float(rate) for rate in schedule(steps)]


def test_a_warm_up_is_linear_and_cosine_falls_to_almost_nothing() -> None:
    found = rates(Optimizer(learning_rate=1.0, warmup_epochs=1.0))
    assert found[:3] == pytest.approx([0.1, 0.2, 0.3])
    assert found[9:11] == pytest.approx([1.0, 1.0])
    assert found[55] == pytest.approx(0.5, abs=0.01)
    assert found[100] == pytest.approx(0.002)


def test_steps_fall_by_the_factor() -> None:
    settings = Optimizer(
        learning_rate=1.0, schedule='step', step_epochs=4, step_factor=0.1, warmup_epochs=0.5
    )
    found = rates(settings)
    assert found[0] == pytest.approx(0.2)
    assert found[39] == pytest.approx(1.0)
    assert found[41] == pytest.approx(0.1)
    assert found[81] == pytest.approx(0.01)


def test_a_constant_rate_stays() -> None:
    found = rates(Optimizer(learning_rate=0.3, schedule='constant', warmup_epochs=0.0))
    assert set(found) == {found[0]}
    assert found[0] == pytest.approx(0.3)


def test_a_new_optimiser_goes_on_in_the_schedule() -> None:
    settings = Optimizer(learning_rate=1.0)
    stages = (Stage(4, 32, 32, 'head'), Stage(6, 32, 32))
    whole = rates(settings, *stages)
    second = legs(Configuration('x', stages, optimizer=settings))[1]
    schedule = learning_rate(settings, second, STEPS)
    assert float(schedule(0)) == pytest.approx(whole[40])
    assert float(schedule(30)) == pytest.approx(whole[70])
