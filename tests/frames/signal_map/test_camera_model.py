# SPDX-License-Identifier: Apache-2.0
"""Projections are OpenCV's own, of every lens; what a lens does not show has no place."""

from typing import Any

import cv2
import numpy as np
import pytest

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames.signal_map import (
    CameraInfo,
    CameraModel,
    MapPose,
    MapSignal,
    SignalMap,
    ViewRules,
    mount_of,
    signals_in_view,
)

MATRIX = np.array([[460.0, 0.0, 322.4], [0.0, 455.0, 236.1], [0.0, 0.0, 1.0]])
LENSES = {
    'plumb_bob': [-0.28, 0.07, 0.0012, -0.0008, 0.011],
    'rational_polynomial': [0.32, 0.04, -0.0004, 0.0007, 0.002, 0.68, 0.13, 0.011],
    'equidistant': [-0.012, 0.021, -0.014, 0.003],
}
POSES = 10_000


def info(**given: Any) -> CameraInfo:
    values = {
        'width': 640,
        'height': 480,
        'distortion_model': 'plumb_bob',
        'd': [0.0] * 5,
        'k': MATRIX.ravel().tolist(),
        **given,
    }
    return CameraInfo(**values)


def by_opencv(lens: str, points: Any, turn: Any, shift: Any) -> Any:
    """Return pixels of (n, 3) points of the world, before a camera of this pose, by OpenCV."""
    coefficients = np.array(LENSES[lens])
    if lens == 'equidistant':
        found = cv2.fisheye.projectPoints(points[:, None], turn, shift, MATRIX, coefficients)
    else:
        found = cv2.projectPoints(points, turn, shift, MATRIX, coefficients)
    return found[0].reshape(-1, 2)


@pytest.mark.parametrize('lens', LENSES)
def test_boxes_of_random_poses_are_those_of_opencv(lens: str) -> None:
    """From the map's metres by the robot's pose, the mount and the lens, to pixels."""
    rng = np.random.default_rng(17)
    model = CameraModel(info(distortion_model=lens, d=LENSES[lens]))
    rules = ViewRules(1000.0, 89.0, min_pixels=0.0, min_visible=0.0, sigmas=0.0)
    seen = 0
    for place, turn, away, yaw in zip(
        rng.uniform(-50, 50, (POSES, 3)),
        rng.normal(0, 1.5, (POSES, 3)),
        rng.uniform(-0.4, 0.4, (POSES, 6)),
        rng.uniform(-180, 180, POSES),
        strict=True,
    ):
        pose = MapPose(place, cv2.Rodrigues(turn)[0])
        mount = mount_of(*away)
        # Somewhere before the camera, facing anywhere.
        camera = pose.position + pose.rotation @ mount.position
        to_map = pose.rotation @ mount.rotation
        middle = camera + to_map @ (rng.uniform(-1.2, 1.2, 3) * [4, 3, 0] + [0, 0, 5])
        x, y, z = middle.tolist()
        board = SignalMap('map', [MapSignal('a', '', (x, y, z), float(yaw), (0.6, 0.9))])
        found = signals_in_view(board, model, pose, mount, rules)
        if not found:
            continue
        seen += 1
        # A point of the world in the camera: turned back by its pose, as OpenCV wants it.
        backwards = cv2.Rodrigues(to_map.T)[0]
        points = board.outlines(np.array([0]), 4)[0]
        pixels = by_opencv(lens, points, backwards, -to_map.T @ camera) + 0.5
        box = np.concatenate([pixels.min(axis=0), pixels.max(axis=0)])
        expected = np.clip(box, 0.0, [640, 480, 640, 480])
        got = [found[0].left, found[0].top, found[0].right, found[0].bottom]
        np.testing.assert_allclose(got, expected, atol=1e-6)
    assert seen > POSES / 4


@pytest.mark.parametrize('lens', LENSES)
def test_pixels_are_those_of_opencv(lens: str) -> None:
    rng = np.random.default_rng(3)
    points = rng.uniform(-1, 1, (POSES, 3)) * [0.6, 0.5, 0.0] + [0.0, 0.0, 1.0]
    points *= rng.uniform(0.3, 60.0, (POSES, 1))
    none = np.zeros(3)
    pixels, good = CameraModel(info(distortion_model=lens, d=LENSES[lens])).project(points)
    assert good.all()
    np.testing.assert_allclose(pixels, by_opencv(lens, points, none, none), atol=1e-9)


@pytest.mark.parametrize('lens', LENSES)
def test_what_is_behind_the_camera_has_no_place(lens: str) -> None:
    points = np.array([[0.0, 0.0, 5.0], [0.0, 0.0, -5.0], [1.0, 0.0, 0.05]])
    model = CameraModel(info(distortion_model=lens, d=LENSES[lens]))
    assert model.project(points)[1].tolist() == [True, False, False]


def test_a_strong_lens_does_not_fold_the_world_back_into_the_image() -> None:
    model = CameraModel(info(d=[-0.4, 0.0, 0.0, 0.0, 0.0]))
    angles = np.deg2rad(np.arange(0.0, 85.0, 1.0))
    points = np.stack([np.sin(angles), np.zeros_like(angles), np.cos(angles)], axis=1)
    pixels, good = model.project(points)
    # r (1 - 0.4 r^2) rises up to r = 0.91, 42 degrees.
    assert good.tolist() == [True] * 43 + [False] * 42
    assert (np.diff(pixels[good, 0]) > 0).all()
    assert pixels[80, 0] < 640


def test_binning_and_a_part_of_the_sensor() -> None:
    whole = CameraModel(info())
    part = CameraModel(info(binning=(2, 2), roi=(100, 40, 400, 300)))
    assert (part.width, part.height) == (200, 150)
    points = np.array([[0.1, 0.2, 3.0], [-0.4, 0.1, 2.0]])
    # In pixels that begin at 0: the middle of the first is at 0.5.
    full, small = (model.project(points)[0] + 0.5 for model in (whole, part))
    np.testing.assert_allclose(small, (full - [100, 40]) / 2)


def test_rectified_images_have_a_projection_of_their_own() -> None:
    turn = cv2.Rodrigues(np.array([0.01, 0.02, -0.01]))[0]
    projection = [400.0, 0.0, 320.0, -48.0, 0.0, 400.0, 240.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    given = info(
        distortion_model='equidistant', d=LENSES['equidistant'], r=turn.ravel(), p=projection
    )
    point = np.array([0.3, 0.2, 4.0])
    u, v, w = np.reshape(projection, (3, 4)) @ [*(turn @ point), 1.0]
    pixels, _ = CameraModel(given, rectified=True).project(point[None])
    np.testing.assert_allclose(pixels[0], [u / w, v / w])


@pytest.mark.parametrize('model', ['', 'plumb_bob', 'fisheye', 'equidistant'])
def test_no_distortion_is_a_lens(model: str) -> None:
    pixels, good = CameraModel(info(distortion_model=model, d=[])).project(
        np.array([[0.0, 0.0, 1.0]])
    )
    assert good.all()
    np.testing.assert_allclose(pixels, [[322.4, 236.1]])


@pytest.mark.parametrize(
    ('given', 'says'),
    [
        ({'k': [0.0] * 9}, 'the camera is not calibrated'),
        ({'width': 0, 'height': 0}, 'an image of 0x0 pixels'),
        ({'distortion_model': 'thin_prism', 'd': [0.1]}, "'thin_prism' of its CameraInfo is not"),
        ({'d': [0.1, 0.2]}, 'has 2 coefficients d: plumb_bob has 4 or 5'),
        ({'d': [0.1, 0.2, float('nan'), 0.0]}, 'coefficients d of its CameraInfo must be 4'),
        ({'k': [float('nan')] * 9}, 'matrix k of its CameraInfo must be 9 finite numbers'),
    ],
)
def test_missing_calibration_is_one_sentence(given: dict[str, Any], says: str) -> None:
    with pytest.raises(PerceptionError, match=says):
        CameraModel(info(**given))


def test_a_rectified_camera_without_projection_is_one_sentence() -> None:
    with pytest.raises(PerceptionError, match='projection p of its CameraInfo must be 12'):
        CameraModel(info(), rectified=True)
    with pytest.raises(PerceptionError, match='the camera is not calibrated'):
        CameraModel(info(p=[0.0] * 12), rectified=True)
