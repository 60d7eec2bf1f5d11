# SPDX-License-Identifier: Apache-2.0
"""Windows of a scene have any size, leave out what shows a label, and are always the same."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from mobilenet_perception.street import Box
from training.data.scenes import Scene, scene_samples
from training.errors import TrainingError


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A grey photograph whose right lower quarter is a red signal."""
    pixels = np.full((200, 300, 3), 128, np.uint8)
    pixels[100:, 150:] = (0, 0, 255)
    cv2.imwrite(str(tmp_path / 'photo.png'), pixels)
    return tmp_path / 'photo.png'


def test_windows_are_small_and_large_wide_and_tall(photo: Path) -> None:
    random = np.random.default_rng(0)
    windows = [Scene(photo, 'a', 's').window(random) for _ in range(200)]
    shapes = [window.shape for window in windows if window is not None]
    assert len(shapes) == 200
    assert min(min(s[:2]) for s in shapes) < 24 and max(min(s[:2]) for s in shapes) > 150
    ratios = [columns / rows for rows, columns, _ in shapes]
    assert min(ratios) < 0.6 and max(ratios) > 1.7


def test_no_window_shows_what_is_boxed(photo: Path) -> None:
    random = np.random.default_rng(0)
    scene = Scene(photo, 'a', 's', (Box(0.5, 0.5, 1.0, 1.0),))
    found = [window for _ in range(200) if (window := scene.window(random)) is not None]
    assert len(found) > 100
    # A tenth of a window or of the box is let in: the boxes of detectors are not exact.
    assert max((window[..., 0] == 255).mean() for window in found) <= 0.1
    everything = Scene(photo, 'a', 's', (Box(0.0, 0.0, 1.0, 1.0),))
    assert everything.window(random) is None


def test_samples_of_scenes_are_always_the_same(photo: Path) -> None:
    scenes = [Scene(photo, 'group', 'streets')]
    first, again = (list(scene_samples(scenes, 3)) for _ in range(2))
    assert len(first) == 3
    assert {(s.label, s.group, s.source) for s in first} == {('background', 'group', 'streets')}
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.pixels, other.pixels)


def test_a_damaged_scene_is_named(tmp_path: Path) -> None:
    (tmp_path / 'broken.jpg').write_bytes(b'no picture')
    with pytest.raises(TrainingError, match=r'broken\.jpg'):
        Scene(tmp_path / 'broken.jpg', 'a', 's').window(np.random.default_rng(0))
