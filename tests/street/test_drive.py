# SPDX-License-Identifier: Apache-2.0
"""The drive: pixels are repeatable, truth and region agree, every label is shown."""

from collections import Counter

import numpy as np
import pytest

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames import RegionOfInterest
from mobilenet_perception.street import (
    BACKGROUND,
    LABELS,
    TRAFFIC_LIGHTS,
    Box,
    Drive,
    random_world,
    sidewalk_world,
)


@pytest.fixture(scope='module')
def drive() -> Drive:
    return Drive(sidewalk_world())


def as_box(roi: RegionOfInterest) -> Box:
    return Box(roi.x, roi.y, roi.x + roi.width, roi.y + roi.height)


def test_every_label_is_shown_clearly_for_a_second(drive: Drive) -> None:
    truths = [drive.truth(index) for index in range(len(drive))]
    clear = Counter(truth.label for truth in truths if truth.clear)
    assert set(clear) == set(LABELS)
    assert min(clear.values()) >= 20
    assert sum(clear.values()) > 0.7 * len(drive)


def test_light_turns_from_green_over_yellow_to_red_and_back(drive: Drive) -> None:
    shown = [drive.truth(index).label for index in range(len(drive))]
    lights = [label for label in shown if label in TRAFFIC_LIGHTS]
    order = [label for i, label in enumerate(lights) if i == 0 or lights[i - 1] != label]
    red, yellow, green = TRAFFIC_LIGHTS
    assert order == [green, yellow, red, green]


@pytest.mark.parametrize('seed', [None, 3, 8])
def test_clear_frames_hold_their_signal(seed: int | None) -> None:
    drive = Drive(sidewalk_world() if seed is None else random_world(seed))
    held = 0
    for index in range(len(drive)):
        truth, roi = drive.truth(index), as_box(drive.roi(index))
        assert Box(0, 0, 640, 480).contains(roi)
        assert min(roi.width, roi.height) > 0
        assert not any(edge % 4 for edge in drive.roi(index))
        if truth.box is None:
            assert truth.label == BACKGROUND
        elif truth.clear:
            held += 1
            assert roi.contains(truth.box)
            assert truth.box.height >= 28
            assert roi.height <= 2.0 * truth.box.height
    assert held > 200


def test_region_moves_smoothly(drive: Drive) -> None:
    for index in range(1, len(drive)):
        now, before = drive.roi(index), drive.roi(index - 1)
        assert max(abs(a - b) for a, b in zip(now, before, strict=True)) <= 80


def test_frames_are_the_same_in_any_order_and_from_any_drive() -> None:
    first, second = Drive(sidewalk_world(), seed=4), Drive(sidewalk_world(), seed=4)
    later = first.frame(500)
    first.frame(3)
    again = second.frame(500)
    assert later.truth == again.truth
    assert later.roi == again.roi
    assert np.array_equal(later.image, again.image)
    assert np.array_equal(later.image, first.frame(500).image)
    assert not np.array_equal(later.image, Drive(sidewalk_world(), seed=5).frame(500).image)


def test_frame_is_what_a_camera_gives(drive: Drive) -> None:
    frame = drive.frame(60)
    assert frame.image.shape == (480, 640, 3)
    assert frame.image.dtype == np.uint8
    assert frame.time_ns == 2_000_000_000
    assert frame.index == 60
    # Sky above is bluer than the pavement below; neither is flat.
    sky, pavement = frame.image[:60, 280:340], frame.image[-60:]
    assert sky[..., 2].mean() > sky[..., 0].mean() + 15
    assert abs(pavement[..., 2].mean() - pavement[..., 0].mean()) < 40
    assert pavement.std() > 3


def test_signals_are_drawn_where_the_truth_says(drive: Drive) -> None:
    index = next(
        i for i in range(len(drive)) if drive.truth(i).label == 'no_entry' and drive.truth(i).clear
    )
    box = drive.truth(index).box
    assert box is not None
    image = drive.frame(index).image.astype(int)
    inside = image[round(box.top) : round(box.bottom), round(box.left) : round(box.right)]
    red = (inside[..., 0] - inside[..., 1]) > 60
    rows, columns = np.nonzero(red)
    # A red disc in a square fills 0.785 of it, less the white bar; and it touches every side.
    assert 0.5 < red.mean() < 0.78
    assert rows.min() <= 2
    assert columns.min() <= 2
    assert inside.shape[0] - rows.max() <= 3
    assert inside.shape[1] - columns.max() <= 3


def test_other_sizes_and_rates() -> None:
    drive = Drive(sidewalk_world(), seconds=2.0, rate_hz=15.0, width=322, height=242)
    assert len(drive) == 30
    frames = list(drive)
    assert [frame.index for frame in frames] == list(range(30))
    assert frames[15].time_ns == 1_000_000_000
    assert frames[0].image.shape == (242, 322, 3)


def test_after_the_route_the_robot_stands() -> None:
    drive = Drive(sidewalk_world(), seconds=40.0)
    assert drive.camera(1100).pose == pytest.approx(drive.camera(1199).pose)


def test_what_cannot_be_driven_is_refused(drive: Drive) -> None:
    with pytest.raises(PerceptionError, match='no frame'):
        Drive(sidewalk_world(), seconds=0.0)
    with pytest.raises(PerceptionError, match='too small'):
        Drive(sidewalk_world(), width=16)
    with pytest.raises(IndexError):
        drive.frame(900)
    with pytest.raises(IndexError):
        drive.frame(-1)
