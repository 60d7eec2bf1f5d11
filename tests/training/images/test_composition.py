# SPDX-License-Identifier: Apache-2.0
"""Signals on backgrounds: as large as asked for, and never mirrored."""

import numpy as np

from mobilenet_perception.street import draw_signal
from training.images.composition import Placement, compose, soft_cutout

EXACT = Placement(1.0, 1.0, 0.0, 0.0, 1.0)


def test_a_signal_that_fills_the_crop_stays_as_it_is() -> None:
    signal = draw_signal('no_entry', 64)
    signal[..., 3] = 255
    crop = compose(signal, np.zeros((64, 64, 3), np.uint8), EXACT, np.random.default_rng(0))
    assert np.abs(crop.astype(int) - signal[..., :3]).mean() < 1.0


def test_the_signal_takes_the_part_of_the_crop_that_was_asked_for() -> None:
    white = np.full((40, 40, 4), 255, np.uint8)
    half = EXACT._replace(smallest=0.5, largest=0.5)
    for seed in range(20):
        crop = compose(white, np.zeros((80, 100, 3), np.uint8), half, np.random.default_rng(seed))
        rows, columns = np.nonzero(crop[..., 0] > 128)
        assert abs(np.ptp(rows) + 1 - 40) <= 2
        assert abs(np.ptp(columns) + 1 - 40) <= 2


def test_left_stays_left() -> None:
    signal = np.zeros((60, 60, 4), np.uint8)
    signal[:, :30, 0] = 255
    signal[:, 30:, 2] = 255
    signal[..., 3] = 255
    for seed in range(50):
        background = np.zeros((60, 60, 3), np.uint8)
        placed = compose(signal, background, Placement(), np.random.default_rng(seed))
        red, blue = (np.nonzero(placed[..., c] > 128)[1].mean() for c in (0, 2))
        assert red < blue


def test_soft_cutout_is_whole_inside_and_fades_at_the_edge() -> None:
    alpha = soft_cutout(np.zeros((40, 40, 3), np.uint8), 0.1)[..., 3]
    assert alpha[20, 20] == 255
    assert alpha[0].max() == 0
