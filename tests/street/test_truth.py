# SPDX-License-Identifier: Apache-2.0
"""Truth of single frames: what makes a signal unclear."""

import math
from typing import Any

import pytest

from mobilenet_perception.frames import RegionOfInterest
from mobilenet_perception.street import (
    BACKGROUND,
    Box,
    Phase,
    PinholeCamera,
    Pose,
    Position,
    Region,
    Signal,
    Truth,
    World,
    sidewalk_world,
    truth_of,
    truth_of_signal,
)
from mobilenet_perception.street.world import Post

CAMERA = PinholeCamera(640, 480, math.pi / 2, Pose(0.0, 0.0, 2.0, 0.0, 0.0))
LIGHT = Signal(
    'light',
    (Phase('traffic_light_green', 5.0), Phase('traffic_light_yellow', 5.0)),
    0,
    Position(5.0, 0.0, 2.0),
    math.pi,
    1.0,
)
AROUND = RegionOfInterest(280, 200, 80, 80)


def world(*posts: Post) -> World:
    return sidewalk_world()._replace(signals=(LIGHT,), posts=posts, trees=())


def post(x: float, y: float) -> Post:
    return Post(Position(x, y, 0.0), 4.0, 0.05, (90, 90, 90))


def look(
    seconds: float, *posts: Post, roi: RegionOfInterest = AROUND, settled: bool = True
) -> Truth:
    return truth_of(world(*posts), CAMERA, seconds, Region(roi, LIGHT, settled))


def test_light_straight_ahead_is_clear() -> None:
    truth = look(2.5)
    assert (truth.label, truth.clear) == ('traffic_light_green', True)
    # 0.94 m at 5 m with a focal length of 320 pixels.
    assert truth.box is not None
    assert truth.box.height == pytest.approx(60.2, abs=1.0)


@pytest.mark.parametrize(
    ('seconds', 'label', 'clear'),
    [
        (4.7, 'traffic_light_green', True),
        (4.9, 'traffic_light_green', False),
        (5.1, 'traffic_light_yellow', False),
        (5.3, 'traffic_light_yellow', True),
    ],
)
def test_the_moment_of_a_change_is_not_clear(seconds: float, label: str, clear: bool) -> None:
    truth = look(seconds)
    assert (truth.label, truth.clear) == (label, clear)


@pytest.mark.parametrize(
    ('place', 'clear'),
    [((3.0, 0.0), False), ((3.0, 1.0), True), ((5.05, 0.0), True), ((8.0, 0.0), True)],
)
def test_a_post_hides_what_is_behind_it(place: tuple[float, float], clear: bool) -> None:
    assert look(2.5, post(*place)).clear is clear


def test_region_that_cuts_or_moves_is_not_clear() -> None:
    cutting = RegionOfInterest(280, 220, 80, 80)
    assert look(2.5, roi=cutting) == look(2.5)._replace(clear=False)
    assert not look(2.5, settled=False).clear


def test_region_beside_the_light_is_background() -> None:
    assert look(2.5, roi=RegionOfInterest(400, 200, 80, 80)) == Truth(BACKGROUND, True, None)
    # A sliver of the light in the region: neither the light nor clearly nothing.
    assert look(2.5, roi=RegionOfInterest(328, 200, 80, 80)) == Truth(BACKGROUND, False, None)


def test_far_light_is_not_clear() -> None:
    far = LIGHT._replace(position=Position(12.0, 0.0, 2.0))
    place = sidewalk_world()._replace(signals=(far,), posts=(), trees=())
    region = Region(RegionOfInterest(304, 224, 32, 32), far, True)
    truth = truth_of(place, CAMERA, 2.5, region)
    assert (truth.label, truth.clear) == ('traffic_light_green', False)
    assert truth.box is not None
    assert Box(304, 224, 336, 256).contains(truth.box)


def test_a_signal_is_judged_whatever_region_is_looked_at() -> None:
    truth = truth_of_signal(world(), CAMERA, 2.5, LIGHT)
    assert truth == look(2.5)
    hidden = truth_of_signal(world(post(3.0, 0.0)), CAMERA, 2.5, LIGHT)
    assert hidden is not None and not hidden.clear


@pytest.mark.parametrize(
    'change',
    [
        {'position': Position(9.0, 0.0, 2.0)},
        {'position': Position(5.0, 4.8, 2.0)},
        {'position': Position(-5.0, 0.0, 2.0)},
        {'yaw': 0.0},
    ],
)
def test_a_signal_that_is_far_cut_off_behind_or_turned_away_is_not_in_view(
    change: dict[str, Any],
) -> None:
    assert truth_of_signal(world(), CAMERA, 2.5, LIGHT._replace(**change)) is None
