# SPDX-License-Identifier: Apache-2.0
"""A localisation that is off by what it is told, and that states so."""

import math

import numpy as np
import pytest

from mobilenet_perception.tools.simulate.localization import PoseError, localized
from mobilenet_perception.tools.simulate.route_follower import GroundPose

TRUE = GroundPose(3.0, -1.0, 0.4)
# Whole rounds of the place and swings of the direction.
TIMES = np.arange(0.0, 35.0, 0.1)


def test_the_error_is_as_large_as_asked_and_stated() -> None:
    error = PoseError(0.2, 2.0)
    found = np.array([localized(TRUE, seconds, error) for seconds in TIMES.tolist()])
    x, y, yaw = (found - np.array(TRUE)).T
    assert np.hypot(x, y) == pytest.approx(np.full(len(TIMES), 0.2))
    assert math.degrees(np.abs(yaw).max()) == pytest.approx(2.0, abs=0.01)
    place, turn = error.variances
    assert np.var(x) == pytest.approx(place)
    assert np.var(y) == pytest.approx(place)
    assert np.var(yaw) == pytest.approx(turn)


def test_without_an_error_the_pose_is_true_and_not_stated_as_certain() -> None:
    assert localized(TRUE, 12.3, PoseError()) == TRUE
    assert min(PoseError().variances) > 0.0
