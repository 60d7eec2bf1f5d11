# SPDX-License-Identifier: Apache-2.0
"""The overlay leaves the frame as it was, and shows region and state."""

import numpy as np
import pytest

from mobilenet_perception.frames import RegionOfInterest
from mobilenet_perception.pipeline.decision import Decision
from mobilenet_perception.pipeline.overlay import draw_overlay
from mobilenet_perception.pipeline.timing import FrameRecord, Outcome

RECORD = FrameRecord(
    'front', 1, 1, Outcome.ON_TIME, 'mobilenet_v4_conv_small_0.75_112', 50.0, 12.0
)


@pytest.mark.parametrize('size', [(480, 640), (24, 16), (1080, 1920)])
def test_a_copy_of_the_same_size_is_drawn_on(size: tuple[int, int]) -> None:
    rgb = np.full((*size, 3), 90, np.uint8)
    drawn = draw_overlay(rgb, None, Decision('stop', 0.97, 1), RECORD, 'stop')
    assert (drawn.shape, drawn.dtype) == (rgb.shape, rgb.dtype)
    assert (rgb == 90).all()
    assert (drawn[-size[0] // 8 :] != 90).any()
    if size[0] > 100:
        assert (drawn[: size[0] // 2] == 90).all()


def test_region_and_colour_say_what_is_decided() -> None:
    rgb = np.zeros((240, 320, 3), np.uint8)
    roi = RegionOfInterest(40, 30, 60, 50)
    colours = []
    for label, stamp in (('stop', 1), ('unknown', 1), ('stale', None)):
        drawn = draw_overlay(rgb, roi, Decision(label, 0.5, stamp), RECORD, '')
        colours.append(tuple(drawn[30, 60]))
        assert tuple(drawn[79, 60]) == colours[-1]
        assert not drawn[40:70, 50:90].any()
    assert len(set(colours)) == 3


def test_unknown_is_drawn_without_the_score_of_another_label() -> None:
    rgb = np.zeros((240, 320, 3), np.uint8)
    drawn = [
        draw_overlay(rgb, None, Decision(label, score, 1), RECORD, '')
        for label in ('unknown', 'stop')
        for score in (0.4, 0.997)
    ]
    assert (drawn[0] == drawn[1]).all() and (drawn[2] != drawn[3]).any()


def test_a_region_beyond_the_frame_is_cut_off() -> None:
    rgb = np.zeros((60, 80, 3), np.uint8)
    roi = RegionOfInterest(70, 50, 600, 500)
    assert draw_overlay(rgb, roi, Decision('stop', 1.0, 1), RECORD, '').any()
