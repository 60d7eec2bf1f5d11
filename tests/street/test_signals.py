# SPDX-License-Identifier: Apache-2.0
"""Drawings of signals: every label draws, variants differ, masks and colours are sane."""

from itertools import combinations

import numpy as np
import pytest

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.street import (
    BACKGROUND,
    LABELS,
    SIGNAL_LABELS,
    draw_signal,
    extent,
    variant_count,
)


def test_labels_are_the_networks_outputs_in_order() -> None:
    assert len(SIGNAL_LABELS) == 14
    assert SIGNAL_LABELS[:4] == (
        'traffic_light_red',
        'traffic_light_yellow',
        'traffic_light_green',
        'stop',
    )
    assert LABELS[-1] == BACKGROUND


@pytest.mark.parametrize('label', SIGNAL_LABELS)
def test_all_variants_draw_and_differ(label: str) -> None:
    drawings = [draw_signal(label, 40, variant) for variant in range(variant_count(label))]
    for drawing in drawings:
        assert drawing.shape == (40, 40, 4)
        assert drawing.dtype == np.uint8
    for first, second in combinations(drawings, 2):
        # In straight RGBA: at least one pixel in a hundred looks different.
        changed = np.abs(first.astype(int) - second.astype(int)).max(axis=2) > 12
        assert changed.mean() > 0.01


@pytest.mark.parametrize('label', SIGNAL_LABELS)
def test_mask_is_opaque_inside_clear_outside_and_smooth_between(label: str) -> None:
    drawing = draw_signal(label, 96)
    alpha = drawing[..., 3]
    assert (alpha == 255).mean() > 0.2
    assert (alpha == 0).mean() > 0.05
    between = (alpha > 0) & (alpha < 255)
    assert between.any()
    assert not drawing[alpha == 0].any()


@pytest.mark.parametrize('size', [8, 17, 31, 64, 128])
def test_any_size_keeps_the_proportions(size: int) -> None:
    small = draw_signal('no_entry', size)
    large = draw_signal('no_entry', 128)
    assert small[..., 3].mean() == pytest.approx(large[..., 3].mean(), rel=0.08)


def test_same_arguments_draw_the_same() -> None:
    assert np.array_equal(draw_signal('road_work', 50, 3), draw_signal('road_work', 50, 3))


@pytest.mark.parametrize(
    ('label', 'channel', 'row'),
    [('traffic_light_red', 0, 0.205), ('traffic_light_green', 1, 0.795)],
)
def test_lit_lamp_is_brightest_in_its_place(label: str, channel: int, row: float) -> None:
    for variant in range(variant_count(label)):
        drawing = draw_signal(label, 100, variant)[..., :3].astype(int)
        column = drawing[:, 40:60, channel].max(axis=1)
        assert column[int(row * 100) - 9 : int(row * 100) + 9].max() >= 220
        other = drawing[100 - int(row * 100) - 9 : 100 - int(row * 100) + 9, 42:58]
        housing_is_yellow = variant == 8
        assert housing_is_yellow or other.max() < 160


def test_signs_have_their_colours() -> None:
    middle = (48, 48)
    assert tuple(draw_signal('priority_road', 96)[middle]) == (250, 190, 10, 255)
    assert tuple(draw_signal('yield', 96)[40, 48]) == (246, 246, 246, 255)
    assert tuple(draw_signal('stop', 96)[14, 48]) == (193, 24, 36, 255)
    assert tuple(draw_signal('no_entry', 96)[middle]) == (246, 246, 246, 255)


def test_extent_is_the_drawn_part() -> None:
    left, top, right, bottom = extent('traffic_light_red')
    assert right - left == pytest.approx(0.4, abs=0.02)
    assert bottom - top == pytest.approx(0.94, abs=0.02)
    left, top, right, bottom = extent('no_entry')
    assert (left, top) == pytest.approx((0.01, 0.01), abs=0.01)
    assert (right, bottom) == pytest.approx((0.99, 0.99), abs=0.01)


@pytest.mark.parametrize(
    ('label', 'size', 'variant', 'says'),
    [
        ('zebra', 64, 0, 'zebra'),
        (BACKGROUND, 64, 0, 'background'),
        ('stop', 64, 4, '0 to 3'),
        ('stop', 64, -1, '0 to 3'),
        ('stop', 7, 0, '8 or more'),
    ],
)
def test_what_cannot_be_drawn_is_refused(label: str, size: int, variant: int, says: str) -> None:
    with pytest.raises(PerceptionError, match=says):
        draw_signal(label, size, variant)
