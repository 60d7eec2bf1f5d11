# SPDX-License-Identifier: Apache-2.0
"""Which signals a camera is told to look at, and how far round them."""

import math

import numpy as np
import pytest

from mobilenet_perception.frames.signal_map import (
    CameraInfo,
    CameraModel,
    MapPose,
    MapSignal,
    SignalMap,
    SignalRegion,
    ViewRules,
    mount_of,
    planar_pose,
    signals_in_view,
)

# A focal length of 500 pixels; the middle of the image is at 320, 240.
MODEL = CameraModel(CameraInfo(640, 480, '', [], [500, 0, 319.5, 0, 500, 239.5, 0, 0, 1]))
MOUNT = mount_of(0.0, 0.0, 1.0, 0.0, 0.0, 0.0)
SIGN = MapSignal('a', 'stop', (10.0, 0.0, 1.0), 180.0, (0.8, 0.4))

EVEN = ViewRules(tilt_sigma_deg=0.0)


def look(
    *signals: MapSignal, pose: MapPose | None = None, rules: ViewRules | None = None
) -> list[SignalRegion]:
    return signals_in_view(
        SignalMap('map', signals or (SIGN,)),
        MODEL,
        planar_pose(0.0, 0.0, 0.0) if pose is None else pose,
        MOUNT,
        rules or EVEN,
    )


def edges(region: SignalRegion) -> list[float]:
    return [region.left, region.top, region.right, region.bottom]


def test_a_sign_straight_ahead() -> None:
    (region,) = look()
    assert edges(region) == pytest.approx([300.0, 230.0, 340.0, 250.0])
    assert (region.id, region.kind) == ('a', 'stop')
    assert region.distance_m == pytest.approx(10.0)


def test_the_robot_turns_and_the_camera_nods() -> None:
    (left,) = look(pose=planar_pose(0.0, 0.0, math.radians(5.0)))
    # The robot turns to the left, so the sign moves to the right.
    assert (left.left + left.right) / 2 == pytest.approx(320 + 500 * math.tan(0.0873), abs=0.5)
    nodding = mount_of(0.0, 0.0, 1.0, 0.0, -0.1, 0.0)
    (region,) = signals_in_view(
        SignalMap('map', [SIGN]), MODEL, planar_pose(0.0, 0.0, 0.0), nodding, EVEN
    )
    # A negative pitch looks up, so the sign moves down.
    assert (region.top + region.bottom) / 2 == pytest.approx(240 + 500 * math.tan(0.1), abs=0.5)


@pytest.mark.parametrize(
    ('change', 'seen'),
    [
        ({'position': (-10.0, 0.0, 1.0), 'facing_deg': 0.0}, False),
        ({'facing_deg': 0.0}, False),
        ({'facing_deg': 121.0}, True),
        ({'facing_deg': 119.0}, False),
        ({'position': (24.9, 0.0, 1.0), 'size': (0.7, 0.7)}, True),
        ({'position': (25.1, 0.0, 1.0), 'size': (0.7, 0.7)}, False),
        ({'size': (0.25, 0.25)}, True),
        ({'size': (0.8, 0.23)}, False),
        # Half of it, and four fifths of it, lie in the image.
        ({'position': (10.0, 6.4, 1.0)}, False),
        ({'position': (10.0, 6.16, 1.0)}, True),
        ({'position': (0.05, 0.0, 1.0)}, False),
    ],
)
def test_what_is_behind_turned_away_far_small_or_cut_off_is_left_out(
    change: dict[str, object], seen: bool
) -> None:
    assert bool(look(SIGN._replace(**change))) is seen  # type: ignore[arg-type]


def test_the_nearest_come_first_and_boxes_end_at_the_image() -> None:
    near = SIGN._replace(id='near', position=(5.0, 2.9, 1.0))
    first, second = look(SIGN, near)
    assert (first.id, second.id) == ('near', 'a')
    assert first.left == 0.0
    assert first.right == pytest.approx(70.0)


def test_a_box_grows_by_the_first_order_of_the_covariance() -> None:
    pose = planar_pose(0.0, 0.0, 0.0)
    side, turn = 0.1, math.radians(1.0)
    covariance = np.diag([0.0, side**2, 0.0, 0.0, 0.0, turn**2])
    (region,) = look(pose=pose._replace(covariance=covariance))
    # The edges are 500 * 0.4 / 10 from the middle; y moves by f / depth, yaw by f (1 + x^2 / z^2).
    moved = math.hypot(500 * side / 10, 500 * turn * (1 + 0.04**2))
    assert region.right == pytest.approx(340 + 2 * moved, abs=0.05)
    assert region.left == pytest.approx(300 - 2 * moved, abs=0.05)
    # Neither changes how far it is, but for what a turn does to the edges.
    assert region.top == pytest.approx(230.0, abs=0.05)


def test_a_robot_that_nods_needs_room_above_and_below() -> None:
    (region,) = look(rules=ViewRules(tilt_sigma_deg=0.5))
    # About the robot, which is a metre below the camera; a roll moves the camera aside.
    moved = 2 * math.radians(0.5) * 500
    assert region.top == pytest.approx(230.0 - moved, abs=0.2)
    assert region.left == pytest.approx(300.0 - moved / 10, abs=0.3)


def test_errors_that_go_together_grow_a_box_as_they_do() -> None:
    """To the left and turned to the right: the sign stays where it was."""
    side = 0.1
    change = np.array([0.0, side, 0.0, 0.0, 0.0, -side / 10])
    pose = planar_pose(0.0, 0.0, 0.0)._replace(covariance=np.outer(change, change))
    (region,) = look(pose=pose)
    assert edges(region) == pytest.approx([300.0, 230.0, 340.0, 250.0], abs=0.1)


def test_a_box_that_was_grown_holds_the_signal_as_often_as_it_says() -> None:
    rng = np.random.default_rng(5)
    covariance = np.diag([0.1**2, 0.1**2, 0.02**2, 0.005**2, 0.005**2, 0.02**2])
    pose = planar_pose(0.0, 0.3, 0.02)._replace(covariance=covariance)
    sign = SIGN._replace(position=(6.0, 0.8, 1.8))
    rules = ViewRules(sigmas=3.0, tilt_sigma_deg=0.0)
    (grown,) = look(sign, pose=pose, rules=rules)
    held, tries = 0, 1000
    for noise in rng.multivariate_normal(np.zeros(6), covariance, tries):
        x, y, z, roll, pitch, yaw = noise
        there = MapPose(
            pose.position + np.array([x, y, z]),
            mount_of(0, 0, 0, roll, pitch, yaw + 0.02).rotation,
        )
        body = there._replace(rotation=there.rotation @ mount_of(0, 0, 0, 0, 0, 0).rotation.T)
        (true,) = look(sign, pose=body)
        held += (
            grown.left <= true.left
            and grown.top <= true.top
            and grown.right >= true.right
            and grown.bottom >= true.bottom
        )
    assert held / tries > 0.98


def test_a_large_map_is_looked_through_in_a_moment() -> None:
    many = [SIGN._replace(id=str(i), position=(float(i), 50.0, 1.0)) for i in range(10_000)]
    assert [region.id for region in look(*many, SIGN)] == ['a']
