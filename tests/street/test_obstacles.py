# SPDX-License-Identifier: Apache-2.0
"""Obstacles on the pavement are drawn where they stand, and hide what is behind them."""

import math

import numpy as np

from mobilenet_perception.frames import RegionOfInterest
from mobilenet_perception.street import (
    TIMES_OF_DAY,
    Phase,
    PinholeCamera,
    Pose,
    Position,
    Region,
    Renderer,
    Signal,
    sidewalk_world,
    truth_of,
)
from mobilenet_perception.street.world import Obstacle

CAMERA = PinholeCamera(640, 480, math.pi / 2, Pose(0.0, 0.0, 2.0, 0.0, 0.0))
GREEN = (10, 200, 10)
SIGN = Signal('sign', (Phase('stop', 1.0),), 0, Position(5.0, 0.0, 2.0), math.pi, 1.0)
AROUND = RegionOfInterest(280, 200, 80, 80)
EMPTY = sidewalk_world()._replace(signals=(), posts=(), trees=(), obstacles=())


def box(x: float, y: float, height: float) -> Obstacle:
    return Obstacle(Position(x, y, 0.0), (0.5, 1.0, height), GREEN)


def test_a_box_is_seen_where_it_stands() -> None:
    world = EMPTY._replace(obstacles=(box(4.0, 1.0, 1.5),))
    drawn = Renderer(world).render(CAMERA, 0.0)
    changed = np.any(drawn != Renderer(EMPTY).render(CAMERA, 0.0), axis=2)
    rows, columns = np.nonzero(changed)
    # 320 pixels a metre at one metre: its near side is 3.75 m away, 0.5 to 1.5 m to the left.
    near = 320 / 3.75
    assert abs(columns.min() - (320 - 1.5 * near)) <= 2
    assert abs(rows.max() - (240 + 2.0 * near)) <= 2
    middle = drawn[350, 320 - round(near)]
    assert middle[1] > 2 * max(middle[0], middle[2])


def test_a_box_in_the_way_hides_a_sign() -> None:
    def clear(*obstacles: Obstacle) -> bool:
        world = EMPTY._replace(signals=(SIGN,), obstacles=obstacles)
        return truth_of(world, CAMERA, 0.5, Region(AROUND, SIGN, True)).clear

    assert clear()
    assert not clear(box(3.0, 0.0, 2.5))
    # Too low, beside it, or behind it.
    assert clear(box(3.0, 0.0, 1.0), box(3.0, 1.5, 2.5), box(7.0, 0.0, 2.5))


def test_obstacles_of_the_street_hide_no_sign_and_stand_beside_the_route() -> None:
    world = sidewalk_world()
    assert len(world.obstacles) > 3
    for obstacle in world.obstacles:
        assert obstacle.size[2] < world.mount.height
        nearest = abs(obstacle.position.y) - obstacle.size[1] / 2
        assert nearest > 0.6


def test_dusk_is_the_same_street_in_another_light() -> None:
    day, dusk = (sidewalk_world(time_of_day) for time_of_day in TIMES_OF_DAY)
    assert dusk._replace(lighting=day.lighting) == day
    means = [Renderer(world).render(CAMERA, 0.0).mean() for world in (day, dusk)]
    assert means[1] < 0.8 * means[0]
