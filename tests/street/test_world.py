# SPDX-License-Identifier: Apache-2.0
"""Worlds: light programmes, routes, random streets."""

import math

import pytest

from mobilenet_perception.street import (
    SIGNAL_LABELS,
    Phase,
    Position,
    Signal,
    random_world,
    sidewalk_world,
    variant_count,
)

LIGHT = Signal(
    'light',
    (
        Phase('traffic_light_green', 10.0),
        Phase('traffic_light_yellow', 2.0),
        Phase('traffic_light_red', 3.0),
    ),
    0,
    Position(0.0, 0.0, 2.0),
    math.pi,
    1.0,
)


@pytest.mark.parametrize(
    ('seconds', 'label', 'to_change'),
    [
        (0.0, 'traffic_light_green', 0.0),
        (4.0, 'traffic_light_green', 4.0),
        (9.5, 'traffic_light_green', 0.5),
        (10.0, 'traffic_light_yellow', 0.0),
        (11.25, 'traffic_light_yellow', 0.75),
        (12.5, 'traffic_light_red', 0.5),
        (15.0, 'traffic_light_green', 0.0),
        (41.5, 'traffic_light_yellow', 0.5),
    ],
)
def test_light_follows_its_programme(seconds: float, label: str, to_change: float) -> None:
    assert LIGHT.label_at(seconds) == label
    assert LIGHT.seconds_to_change(seconds) == pytest.approx(to_change)


def test_sign_never_changes() -> None:
    sign = LIGHT._replace(programme=(Phase('stop', 1.0),))
    assert {sign.label_at(t) for t in (0.0, 0.5, 1.0, 99.9)} == {'stop'}
    assert sign.seconds_to_change(1.0) == math.inf


def test_route_begins_waits_and_ends_where_it_says() -> None:
    world = sidewalk_world()
    assert world.route_at(-5.0)[1:] == pytest.approx(world.route[0][1:])
    assert world.route_at(99.0)[1:] == pytest.approx(world.route[-1][1:])
    assert world.route_at(13.0).x == pytest.approx(25.0)
    assert world.route_at(14.5).x == pytest.approx(25.0)
    # 2.1 m/s between the first two waypoints.
    assert world.route_at(2.0).x == pytest.approx(4.2)


def test_robot_waits_while_the_light_is_red() -> None:
    world = sidewalk_world()
    light = next(s for s in world.signals if len(s.programme) > 1)
    for tenth in range(300):
        if light.label_at(tenth / 10) == 'traffic_light_red':
            assert world.route_at(tenth / 10).x < world.ground.crossings[0][0]


@pytest.mark.parametrize('seed', range(5))
def test_random_worlds_are_sound(seed: int) -> None:
    world = random_world(seed)
    assert world == random_world(seed)
    assert world != random_world(seed + 1)
    names = [signal.name for signal in world.signals]
    assert len(set(names)) == len(names) >= 5
    for signal in world.signals:
        for phase in signal.programme:
            assert phase.label in SIGNAL_LABELS
            assert phase.seconds > 0
            assert 0 <= signal.variant < variant_count(phase.label)
        assert world.ground.facade_right < signal.position.y < world.ground.kerb_right
        assert signal.position.z > signal.size / 2
    houses = world.buildings
    assert all(house.end > house.start for house in houses)


def test_houses_leave_side_streets_free() -> None:
    world = sidewalk_world()
    for start, end in world.ground.crossings:
        for house in world.buildings:
            if house.facade_y < 0:
                assert house.end <= start or house.start >= end
