# SPDX-License-Identifier: Apache-2.0
"""The drum of a light: angles and labels."""

import math

import pytest

from mobilenet_perception.street import TRAFFIC_LIGHTS, gazebo


@pytest.mark.parametrize('label', TRAFFIC_LIGHTS)
@pytest.mark.parametrize('turns', [-2, 0, 3])
def test_a_label_shows_at_its_angle_however_often_it_has_turned(label: str, turns: int) -> None:
    angle = gazebo.angle_of(label) + turns * 2 * math.pi
    assert gazebo.label_at(angle + 0.1) == gazebo.label_at(angle - 0.1) == label
    assert gazebo.label_at(angle + 0.5) is None


@pytest.mark.parametrize('angle', [-7.0, 0.0, 1.0, 20.0])
@pytest.mark.parametrize('label', TRAFFIC_LIGHTS)
def test_it_turns_the_short_way(angle: float, label: str) -> None:
    target = gazebo.nearest_turn(angle, label)
    assert gazebo.label_at(target) == label
    assert abs(target - angle) <= math.pi


def test_boards_meet_at_the_edges_of_the_drum() -> None:
    # In an equilateral triangle the middle of a side is this far from the centre.
    assert gazebo.depth(0.85) == pytest.approx(0.85 / 2 * math.tan(math.radians(30)))
