# SPDX-License-Identifier: Apache-2.0
"""Boxes become regions; what cannot be meant is left out and said."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobilenet_perception.frames import RegionOfInterest
from mobilenet_perception.frames.boxes import Box
from mobilenet_perception.pipeline.regions import (
    MOST_BOXES,
    Region,
    RegionRules,
    choose_regions,
    clip,
    overlap,
    upright,
)

ALL = RegionRules(margin=0.0, min_pixels=1)


def test_a_box_becomes_the_pixels_that_it_touches() -> None:
    found = choose_regions([Box('7', 20.0, 30.5, 10.0, 20.0)], 5, ALL)
    assert found.regions == [Region('7', RegionOfInterest(15, 20, 10, 21))]
    assert found.stamp_ns == 5 and found.trouble == ''


def test_a_margin_is_a_share_of_the_sides() -> None:
    assert upright(Box('', 50.0, 50.0, 20.0, 40.0), 0.1) == RegionOfInterest(38, 26, 24, 48)


@given(
    st.floats(-500, 500), st.floats(-500, 500), st.floats(1, 300), st.floats(1, 300),
    st.floats(-10, 10),
)  # fmt: skip
def test_the_upright_rectangle_holds_all_corners_of_a_turned_box(
    x: float, y: float, width: float, height: float, theta: float
) -> None:
    roi = upright(Box('', x, y, width, height, theta))
    turn = np.array([[math.cos(theta), -math.sin(theta)], [math.sin(theta), math.cos(theta)]])
    corners = np.array([(i * width / 2, j * height / 2) for i in (-1, 1) for j in (-1, 1)])
    corners = corners @ turn.T + (x, y)
    slack = 1e-6
    low, high = corners.min(axis=0) - (roi.x, roi.y), corners.max(axis=0) - (roi.x, roi.y)
    assert (low >= -slack).all() and (low < 1 + slack).all()
    assert high[0] <= roi.width + slack and high[1] <= roi.height + slack
    assert high[0] > roi.width - 1 - slack and high[1] > roi.height - 1 - slack


@pytest.mark.parametrize(
    ('box', 'says'),
    [
        (Box('a', math.nan, 1.0, 5.0, 5.0), 'a box with a number that is not finite'),
        (Box('a', 1.0, 1.0, 5.0, math.inf), 'a box with a number that is not finite'),
        (Box('a', 1.0, 1.0, -5.0, 5.0), 'a box of -5x5 pixels'),
        (Box('a', 1.0, 1.0, 0.0, 5.0), 'a box of 0x5 pixels'),
        (Box('a', 1e9, 1.0, 5.0, 5.0), 'a box at 1e+09, 1'),
        (Box('b', 9.0, 9.0, 5.0, 5.0), 'a second box of the id b'),
    ],
)
def test_what_cannot_be_meant_is_left_out_and_said(box: Box, says: str) -> None:
    good = Box('b', 9.0, 9.0, 6.0, 6.0)
    found = choose_regions([good, box], 0, ALL)
    assert [region.id for region in found.regions] == ['b']
    assert found.trouble == (f'regions were left out: {says}: look at what publishes them')


def test_boxes_without_an_id_are_each_their_own() -> None:
    found = choose_regions([Box('', 9.0, 9.0, 6.0, 6.0)] * 2, 0, ALL)
    assert len(found.regions) == 2 and not found.trouble


def test_classes_and_small_boxes_are_passed_over_without_a_word() -> None:
    rules = RegionRules(classes=('traffic light', 'stop sign'), min_pixels=8, margin=0.0)
    boxes = [
        Box('car', 50.0, 50.0, 40.0, 40.0, labels=('car',)),
        Box('light', 50.0, 50.0, 40.0, 40.0, labels=('person', 'traffic light')),
        Box('nothing', 50.0, 50.0, 40.0, 40.0),
        Box('small', 50.0, 50.0, 40.0, 6.0, labels=('stop sign',)),
    ]
    found = choose_regions(boxes, 0, rules)
    assert [region.id for region in found.regions] == ['light'] and not found.trouble


def test_ten_thousand_boxes_are_not_read_to_their_end() -> None:
    boxes = (Box(str(number), 9.0, 9.0, 6.0, 6.0) for number in range(10_000))
    found = choose_regions(boxes, 0, ALL)
    assert len(found.regions) == MOST_BOXES
    assert f'boxes after the first {MOST_BOXES}' in found.trouble
    assert next(boxes).id == str(MOST_BOXES + 1)


def test_clip() -> None:
    assert clip(RegionOfInterest(-5, 2, 10, 10), 640, 480) == RegionOfInterest(0, 2, 5, 10)
    assert clip(RegionOfInterest(630, 470, 20, 20), 640, 480) == RegionOfInterest(630, 470, 10, 10)
    assert clip(RegionOfInterest(640, 0, 20, 20), 640, 480) is None


def test_overlap() -> None:
    one = RegionOfInterest(0, 0, 10, 10)
    assert overlap(one, one) == 1.0
    assert overlap(one, RegionOfInterest(5, 0, 10, 10)) == pytest.approx(1 / 3)
    assert overlap(one, RegionOfInterest(10, 0, 10, 10)) == 0.0
