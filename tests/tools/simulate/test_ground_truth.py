# SPDX-License-Identifier: Apache-2.0
"""The truth of frames comes from what the simulation told, not from what was planned."""

import pytest

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.street import gazebo, sidewalk_world
from mobilenet_perception.tools.simulate.ground_truth import GroundTruth, SignalTruth
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


def shown(ground_truth: GroundTruth, times: list[float]) -> list[SignalTruth]:
    """What the light showed, which alone is in view where the robot stands."""
    found = []
    for seen in ground_truth.in_view(WORLD.mount, times):
        assert seen is not None
        (truth,) = [truth for truth in seen if truth.signal == 'light']
        found.append(truth)
    return found


def test_lights_are_taken_as_they_stood() -> None:
    ground_truth = standing()
    tell(ground_truth, 0.0, 4.0, gazebo.angle_of('traffic_light_red'))
    tell(ground_truth, 4.0, 4.1, gazebo.angle_of('traffic_light_red') + 1.0)
    tell(ground_truth, 4.1, 11.0, gazebo.angle_of('traffic_light_green'))
    truths = shown(ground_truth, TIMES)
    # The programme would have it green at first.
    assert {truth.label for truth in truths[15:115]} == {'traffic_light_red'}
    assert {truth.label for truth in truths[130:]} == {'traffic_light_green'}
    clear = [seconds for seconds, truth in zip(TIMES, truths, strict=True) if truth.clear]
    assert not [seconds for seconds in clear if 3.95 < seconds < 4.25]
    assert len(clear) > 200
    assert all(truth.distance_m == pytest.approx(5.36, abs=0.01) for truth in truths)


def test_all_signals_in_view_are_told_the_nearest_first() -> None:
    ground_truth = GroundTruth(WORLD)
    tell(ground_truth, 0.0, 2.0, gazebo.angle_of('traffic_light_red'))
    # Between a sign at 13.5 m and one at 16.8 m.
    ground_truth.add_pose(1.0, GroundPose(10.0, 0.0, 0.0))
    (seen,) = ground_truth.in_view(WORLD.mount, [1.0])
    assert seen is not None
    assert [truth.signal for truth in seen] == ['speed_limit_1', 'bicycles_crossing_2']
    assert [truth.clear for truth in seen] == [True, True]
    # Sideways there is none.
    ground_truth.add_pose(2.0, GroundPose(10.0, 0.0, 1.57))
    assert ground_truth.in_view(WORLD.mount, [2.0]) == [[]]


def test_where_the_robot_was_is_not_guessed() -> None:
    ground_truth = standing()
    tell(ground_truth, 0.0, 1.0, gazebo.angle_of('traffic_light_red'))
    assert ground_truth.in_view(WORLD.mount, [99.0]) == [None]


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
    ground_truth.add_pose(0.5, GroundPose(STOP_X, 0.0, 0.0))
    assert ground_truth.latest == (0.5, GroundPose(STOP_X, 0.0, 0.0))
    assert ground_truth.pose_at(9.0) is None
    tell(ground_truth, 0.5, 2.0, gazebo.angle_of('traffic_light_green'))
    (truth,) = shown(ground_truth, [0.6])
    assert truth.label == 'traffic_light_green'


def test_a_light_that_never_spoke_is_one_sentence() -> None:
    with pytest.raises(PerceptionError, match='nothing came on /signals/light/state'):
        standing().in_view(WORLD.mount, TIMES)
