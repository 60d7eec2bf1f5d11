# SPDX-License-Identifier: Apache-2.0
"""Gazebo's camera sees the signals where the drawn camera does, and the bundle knows them."""

import math
from pathlib import Path

import cv2
import numpy as np
import pytest

from mobilenet_perception.frames import Frame
from mobilenet_perception.inference.bundle import default_bundle_path, load_bundle
from mobilenet_perception.inference.classifier import Classifier
from mobilenet_perception.inference.runtimes import create_runtime
from mobilenet_perception.street import (
    TIMES_OF_DAY,
    TRAFFIC_LIGHTS,
    Position,
    Renderer,
    Signal,
    camera_at,
    gazebo,
    sidewalk_world,
)
from mobilenet_perception.street.camera import board_corners
from mobilenet_perception.street.gazebo import IMAGE_SIZE, mounts, world_path
from tests.scripts.gazebo_world.scene import Board, Lens, boards, lens, translation, turn

WORLD = sidewalk_world()
# How far before a signal the robot stands, metres.
BEFORE = 4.5


@pytest.fixture(scope='module')
def models(root: Path) -> Path:
    return root / 'models'


@pytest.fixture(scope='module')
def world(root: Path) -> Path:
    return root / world_path('day')


def front(world: Path, models: Path, x: float, y: float = 0.1, yaw: float = 0.03) -> Lens:
    return lens(world, models, 'front', translation(x, y, 0.0) @ turn(2, yaw))


def shown(signal: Signal, label: str, world: Path, models: Path) -> Board:
    """Return the board of a signal that shows a label."""
    angle = gazebo.angle_of(label) if label in TRAFFIC_LIGHTS else 0.0
    found = [board for board in boards(world, models, angle) if board.name == signal.name]
    return next(board for board in found if label in board.picture.name)


def labels_of(signal: Signal) -> set[str]:
    return {phase.label for phase in signal.programme}


@pytest.mark.parametrize('time_of_day', TIMES_OF_DAY)
def test_every_signal_is_where_the_drawn_one_is(
    root: Path, models: Path, time_of_day: str
) -> None:
    path = root / world_path(time_of_day)
    for signal in WORLD.signals:
        for label in labels_of(signal):
            corners = shown(signal, label, path, models).corners
            np.testing.assert_allclose(corners, np.array(board_corners(signal)), atol=2e-4)


@pytest.mark.parametrize('camera', ['front', 'left', 'right'])
def test_cameras_see_points_where_the_drawn_ones_do(
    world: Path, models: Path, camera: str
) -> None:
    x, y, yaw = 12.0, 0.1, 0.03
    mount = mounts(WORLD)[camera]
    drawn = camera_at(x, y, yaw, mount, IMAGE_SIZE)
    seen = lens(world, models, camera, translation(x, y, 0.0) @ turn(2, yaw))
    for ahead, left, up in ((5.0, 0.0, 1.0), (4.0, 2.0, 2.5), (8.0, -3.0, 0.1)):
        turned = yaw + mount.yaw
        point = Position(
            x + ahead * math.cos(turned) - left * math.sin(turned),
            y + ahead * math.sin(turned) + left * math.cos(turned),
            up,
        )
        expected = drawn.project(point)
        assert expected is not None
        (found,) = seen.project(np.array([point]))
        np.testing.assert_allclose(found, (expected.u, expected.v), atol=0.05)


def test_boards_of_a_light_that_are_not_shown_face_away(world: Path, models: Path) -> None:
    (light,) = [signal for signal in WORLD.signals if len(signal.programme) > 1]
    for label in TRAFFIC_LIGHTS:
        found = [b for b in boards(world, models, gazebo.angle_of(label)) if b.name == light.name]
        assert len(found) == 3
        for board in found:
            upper_left, upper_right, lower_right, _ = board.corners
            normal = np.cross(upper_left - upper_right, lower_right - upper_right)
            # To the robot, which comes along x.
            assert (normal[0] < 0) == (label in board.picture.name)


def test_the_default_bundle_knows_the_textures(world: Path, models: Path) -> None:
    classifier = Classifier(load_bundle(default_bundle_path()), create_runtime(), warmup_runs=1)
    bare = Renderer(WORLD._replace(signals=()))
    for signal in WORLD.signals:
        for label in labels_of(signal):
            x = signal.position.x - BEFORE
            camera = camera_at(x, 0.1, 0.03, WORLD.mount, IMAGE_SIZE)
            picture = bare.render(camera, 0.0)
            board = shown(signal, label, world, models)
            corners = front(world, models, x).project(board.corners)
            paste(picture, board.picture, corners)
            left, top = np.floor(corners.min(axis=0)).astype(int) - 4
            right, bottom = np.ceil(corners.max(axis=0)).astype(int) + 4
            crop = np.ascontiguousarray(picture[max(0, top) : bottom, left:right])
            scores = classifier.classify(Frame(crop, 'rgb')).scores
            assert classifier.bundle.manifest.labels[int(np.argmax(scores))] == label


def paste(picture: np.ndarray, file: Path, corners: np.ndarray) -> None:  # type: ignore[type-arg]
    """Put a texture onto a picture as Gazebo does: where its alpha is above one half."""
    texture = cv2.imread(str(file), cv2.IMREAD_UNCHANGED)
    assert texture is not None
    height, width = texture.shape[:2]
    edges = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    transform = cv2.getPerspectiveTransform(edges, corners.astype(np.float32))
    size = (picture.shape[1], picture.shape[0])
    warped = cv2.warpPerspective(texture, transform, size, flags=cv2.INTER_AREA)
    solid = warped[..., 3] > 127
    assert solid.sum() > 500
    picture[solid] = warped[..., 2::-1][solid]
