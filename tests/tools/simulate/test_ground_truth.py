# SPDX-License-Identifier: Apache-2.0
"""The truth of frames comes from what the simulation told, not from what was planned."""

import pytest

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames import RegionOfInterest
from mobilenet_perception.street import gazebo, sidewalk_world
from mobilenet_perception.tools.simulate.ground_truth import GroundTruth
from mobilenet_perception.tools.simulate.route_follower import GroundPose

WORLD = sidewalk_world()
# Before the light, which is at 30.2 m.
STOP_X = 25.0
TIMES = [step / 30 for step in range(300)]


def standing() -> GroundTruth:
    ground_truth = GroundTruth(WORLD)
    for step in range(110):
        ground_truth.add_pose(step / 10, GroundPose(STOP_X, 0.0, 0.0))
    return ground_truth


def tell(ground_truth: GroundTruth, start: float, end: float, angle: float) -> None:
    for step in range(round(start * 50), round(end * 50)):
        ground_truth.add_angle('light', step / 50, angle)


def test_lights_are_taken_as_they_stood() -> None:
    ground_truth = standing()
    tell(ground_truth, 0.0, 4.0, gazebo.angle_of('traffic_light_red'))
    tell(ground_truth, 4.0, 4.1, gazebo.angle_of('traffic_light_red') + 1.0)
    tell(ground_truth, 4.1, 11.0, gazebo.angle_of('traffic_light_green'))
    truths = ground_truth.truths('front', WORLD.mount, TIMES, TIMES)
    # The programme would have it green at first.
    assert {s.label for s in truths[15:115] if s} == {'traffic_light_red'}
    assert {s.label for s in truths[130:] if s} == {'traffic_light_green'}
    clear = [seconds for seconds, s in zip(TIMES, truths, strict=True) if s and s.clear]
    assert not [seconds for seconds in clear if 3.95 < seconds < 4.25]
    assert len(clear) > 200
    assert all(s.signal == 'light' and s.distance_m == pytest.approx(5.36, abs=0.01)
               for s in truths[30:] if s)  # fmt: skip


def test_a_classifier_that_looks_elsewhere_is_not_asked_for_the_light() -> None:
    ground_truth = standing()
    tell(ground_truth, 0.0, 11.0, gazebo.angle_of('traffic_light_red'))
    ground_truth.add_region('front', 5.0, RegionOfInterest(300, 300, 60, 60))
    truths = ground_truth.truths('front', WORLD.mount, TIMES, TIMES)
    assert {s.label for s in truths[30:140] if s} == {'traffic_light_red'}
    assert {s.label for s in truths[155:] if s} == {'background'}


def test_the_region_is_the_one_in_force_when_the_frame_was_taken_up() -> None:
    ground_truth = standing()
    tell(ground_truth, 0.0, 11.0, gazebo.angle_of('traffic_light_red'))
    ground_truth.add_region('front', 5.0, RegionOfInterest(300, 300, 60, 60))
    later = [seconds + 0.05 for seconds in TIMES]
    truths = ground_truth.truths('front', WORLD.mount, TIMES, later)
    labels = [truth.label for truth in truths if truth]
    # The frame of 4.967 s was captured before the change, and looked at after it.
    assert (labels[148], labels[149]) == ('traffic_light_red', 'background')


def test_places_are_joined_but_not_over_gaps() -> None:
    ground_truth = GroundTruth(WORLD)
    for seconds, yaw in ((1.0, 3.1), (1.2, -3.1), (9.0, 0.0)):
        ground_truth.add_pose(seconds, GroundPose(10 * seconds, 1.0, yaw))
    between = ground_truth.pose_at(1.1)
    assert between is not None
    assert between.x == pytest.approx(11.0)
    assert abs(between.yaw) == pytest.approx(3.14159, abs=1e-3)
    assert ground_truth.pose_at(5.0) is None
    assert ground_truth.pose_at(0.2) is None
    assert ground_truth.latest == (9.0, GroundPose(90.0, 1.0, 0.0))


def test_a_simulation_that_is_reset_starts_anew() -> None:
    ground_truth = standing()
    tell(ground_truth, 0.0, 11.0, gazebo.angle_of('traffic_light_red'))
    ground_truth.add_region('front', 5.0, RegionOfInterest(300, 300, 60, 60))
    ground_truth.add_pose(0.5, GroundPose(1.0, 0.0, 0.0))
    assert ground_truth.latest == (0.5, GroundPose(1.0, 0.0, 0.0))
    assert ground_truth.pose_at(9.0) is None
    tell(ground_truth, 0.5, 2.0, gazebo.angle_of('traffic_light_green'))
    (truth,) = ground_truth.truths('front', WORLD.mount, [0.6], [0.6])
    assert truth is not None and truth.roi != RegionOfInterest(300, 300, 60, 60)


def test_a_light_that_never_spoke_is_one_sentence() -> None:
    with pytest.raises(PerceptionError, match='nothing came on /signals/light/state'):
        standing().truths('front', WORLD.mount, TIMES, TIMES)
