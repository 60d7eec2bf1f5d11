# SPDX-License-Identifier: Apache-2.0
"""Projection against numbers computed by hand."""

import math

import pytest

from mobilenet_perception.street import Box, Phase, PinholeCamera, Pose, Position, Signal
from mobilenet_perception.street.camera import board_corners, facing

# A right angle across 640 pixels: the focal length is 320 pixels.
LEVEL = PinholeCamera(640, 480, math.pi / 2, Pose(0.0, 0.0, 1.0, 0.0, 0.0))


def board(x: float, y: float, z: float, yaw: float = math.pi, label: str = 'no_entry') -> Signal:
    return Signal('board', (Phase(label, 1.0),), 0, Position(x, y, z), yaw, 1.0)


@pytest.mark.parametrize(
    ('point', 'expected'),
    [
        ((10.0, 0.0, 1.0), (320.0, 240.0, 10.0)),
        ((10.0, 5.0, 1.0), (160.0, 240.0, 10.0)),
        ((10.0, -5.0, 1.0), (480.0, 240.0, 10.0)),
        ((8.0, 0.0, 3.0), (320.0, 160.0, 8.0)),
        ((4.0, 1.0, 0.0), (240.0, 320.0, 4.0)),
    ],
)
def test_points_ahead(
    point: tuple[float, float, float], expected: tuple[float, float, float]
) -> None:
    assert LEVEL.project(Position(*point)) == pytest.approx(expected)


def test_points_behind_or_too_near_are_not_seen() -> None:
    assert LEVEL.project(Position(-1.0, 0.0, 1.0)) is None
    assert LEVEL.project(Position(0.1, 0.0, 1.0)) is None


def test_yaw_turns_left_and_pitch_turns_down() -> None:
    left = LEVEL._replace(pose=Pose(0.0, 0.0, 1.0, math.pi / 2, 0.0))
    assert left.project(Position(0.0, 10.0, 1.0)) == pytest.approx((320.0, 240.0, 10.0))
    up = LEVEL._replace(pose=Pose(0.0, 0.0, 0.0, 0.0, -math.pi / 4))
    assert up.project(Position(5.0, 0.0, 5.0)) == pytest.approx((320.0, 240.0, math.sqrt(50)))
    # What is level lies below the middle then, at 45 degrees: the focal length below it.
    ahead = up.project(Position(5.0, 0.0, 0.0))
    assert ahead is not None
    assert ahead.v == pytest.approx(240.0 + 320.0)


def test_box_of_a_board_straight_ahead() -> None:
    # 1 m at 10 m is 32 pixels; the disc leaves out a hundredth on each side.
    box = LEVEL.box_of(board(10.0, 0.0, 1.0), 'no_entry')
    assert box == pytest.approx((304.0, 224.0, 336.0, 256.0), abs=0.5)


def test_box_of_a_light_leaves_out_the_empty_margins() -> None:
    box = LEVEL.box_of(board(10.0, 0.0, 1.0), 'traffic_light_red')
    assert box is not None
    assert box.width == pytest.approx(0.4 * 32, abs=0.6)
    assert box.height == pytest.approx(0.94 * 32, abs=0.6)


def test_board_turned_away_or_behind_has_no_box() -> None:
    assert LEVEL.box_of(board(10.0, 0.0, 1.0, yaw=0.0), 'stop') is None
    assert LEVEL.box_of(board(-10.0, 0.0, 1.0, yaw=0.0), 'stop') is None


def test_turned_board_is_narrower() -> None:
    turned = board(10.0, 0.0, 1.0, yaw=math.pi - math.pi / 3)
    assert facing(turned, LEVEL.pose) == pytest.approx(0.5)
    box = LEVEL.box_of(turned, 'no_entry')
    assert box is not None
    assert box.width == pytest.approx(16.0, abs=0.7)


def test_corners_run_as_the_drawing_does() -> None:
    corners = board_corners(board(10.0, 0.0, 1.0))
    # Seen from the robot the left edge is to the left, which is positive y.
    assert corners[0] == pytest.approx((10.0, 0.5, 1.5))
    assert corners[2] == pytest.approx((10.0, -0.5, 0.5))


def test_boxes_contain_and_overlap() -> None:
    outer, inner, apart = Box(0, 0, 10, 10), Box(2, 2, 10, 10), Box(10, 0, 12, 10)
    assert outer.contains(inner)
    assert not inner.contains(outer)
    assert outer.overlaps(inner)
    assert not outer.overlaps(apart)
