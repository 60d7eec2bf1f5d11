# SPDX-License-Identifier: Apache-2.0
"""The truth of frames comes from what the simulation told, not from what was planned."""

import pytest

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames import RegionOfInterest
from mobilenet_perception.street import gazebo, sidewalk_world
from mobilenet_perception.tools.simulate.observed import Observed
from mobilenet_perception.tools.simulate.route_follower import Place

WORLD = sidewalk_world()
# Before the light, which is at 30.2 m.
STOP_X = 25.0
TIMES = [step / 30 for step in range(300)]


def standing() -> Observed:
    observed = Observed(WORLD)
    for step in range(110):
        observed.take_place(step / 10, Place(STOP_X, 0.0, 0.0))
    return observed


def tell(observed: Observed, start: float, end: float, angle: float) -> None:
    for step in range(round(start * 50), round(end * 50)):
        observed.take_angle('light', step / 50, angle)


def test_lights_are_taken_as_they_stood() -> None:
    observed = standing()
    tell(observed, 0.0, 4.0, gazebo.angle_of('traffic_light_red'))
    tell(observed, 4.0, 4.1, gazebo.angle_of('traffic_light_red') + 1.0)
    tell(observed, 4.1, 11.0, gazebo.angle_of('traffic_light_green'))
    sights = observed.sights('front', WORLD.mount, TIMES)
    # The programme would have it green at first.
    assert {s.label for s in sights[15:115] if s} == {'traffic_light_red'}
    assert {s.label for s in sights[130:] if s} == {'traffic_light_green'}
    clear = [seconds for seconds, s in zip(TIMES, sights, strict=True) if s and s.clear]
    assert not [seconds for seconds in clear if 3.95 < seconds < 4.25]
    assert len(clear) > 200
    assert all(s.signal == 'light' and s.distance_m == pytest.approx(5.36, abs=0.01)
               for s in sights[30:] if s)  # fmt: skip


def test_a_classifier_that_looks_elsewhere_is_not_asked_for_the_light() -> None:
    observed = standing()
    tell(observed, 0.0, 11.0, gazebo.angle_of('traffic_light_red'))
    observed.take_region('front', 5.0, RegionOfInterest(300, 300, 60, 60))
    sights = observed.sights('front', WORLD.mount, TIMES)
    assert {s.label for s in sights[30:140] if s} == {'traffic_light_red'}
    assert {s.label for s in sights[155:] if s} == {'background'}


def test_places_are_joined_but_not_over_gaps() -> None:
    observed = Observed(WORLD)
    for seconds, yaw in ((1.0, 3.1), (1.2, -3.1), (9.0, 0.0)):
        observed.take_place(seconds, Place(10 * seconds, 1.0, yaw))
    between = observed.place_at(1.1)
    assert between is not None
    assert between.x == pytest.approx(11.0)
    assert abs(between.yaw) == pytest.approx(3.14159, abs=1e-3)
    assert observed.place_at(5.0) is None
    assert observed.place_at(0.2) is None
    assert observed.latest == (9.0, Place(90.0, 1.0, 0.0))


def test_a_simulation_that_is_reset_starts_anew() -> None:
    observed = standing()
    tell(observed, 0.0, 11.0, gazebo.angle_of('traffic_light_red'))
    observed.take_region('front', 5.0, RegionOfInterest(300, 300, 60, 60))
    observed.take_place(0.5, Place(1.0, 0.0, 0.0))
    assert observed.latest == (0.5, Place(1.0, 0.0, 0.0))
    assert observed.place_at(9.0) is None
    tell(observed, 0.5, 2.0, gazebo.angle_of('traffic_light_green'))
    (sight,) = observed.sights('front', WORLD.mount, [0.6])
    assert sight is not None and sight.roi != RegionOfInterest(300, 300, 60, 60)


def test_a_light_that_never_spoke_is_one_sentence() -> None:
    with pytest.raises(PerceptionError, match='nothing came on /signals/light/state'):
        standing().sights('front', WORLD.mount, TIMES)
