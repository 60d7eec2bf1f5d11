# SPDX-License-Identifier: Apache-2.0
"""Telling known from unknown, by figures worked out by hand."""

import numpy as np
import pytest

from training.errors import TrainingError
from training.evaluation.unknown import (
    energy,
    keeping_threshold,
    max_probability,
    measure_detection,
)


def test_twenty_known_frames_keep_nineteen() -> None:
    known = np.arange(1, 21) / 20.0
    unknown = np.array([0.02, 0.05, 0.12, 0.5])
    found = measure_detection('max_probability', known, unknown)
    assert found.threshold == pytest.approx(0.1)
    assert found.known_kept == 0.95
    assert found.unknown_kept == 0.5
    # Pairs in order: 20 of 0.02; 19 and a tie of 0.05; 18 of 0.12; 10 and a tie of 0.5.
    assert found.auroc == pytest.approx((20 + 19.5 + 18 + 10.5) / 80)


def test_auroc_of_two_normal_distributions_is_what_theory_says() -> None:
    random = np.random.default_rng(0)
    found = measure_detection('x', random.normal(1, 1, 4000), random.normal(0, 1, 4000))
    # Phi(1 / sqrt(2)).
    assert found.auroc == pytest.approx(0.7602, abs=0.01)
    # Known frames are kept above 1 - 1.645; Phi(0.645) of the unknown lie below that.
    assert found.unknown_kept == pytest.approx(0.7405, abs=0.02)


@pytest.mark.parametrize('frames', [1, 3, 19, 20, 21, 100])
def test_the_threshold_keeps_enough_and_the_next_higher_would_not(frames: int) -> None:
    scores = np.random.default_rng(frames).permutation(frames) / frames
    threshold = keeping_threshold(scores)
    assert (scores >= threshold).mean() >= 0.95
    assert (scores > threshold).mean() < 0.95


def test_energy_is_the_log_of_the_sum_of_exponentials() -> None:
    logits = np.array([[np.log(1.0), np.log(2.0), np.log(5.0)], [1000.0, 0.0, 0.0]], np.float32)
    assert energy(logits) == pytest.approx([np.log(8.0), 1000.0])
    cold = energy(logits[:1], temperature=2.0)
    assert cold == pytest.approx([2 * np.log(1 + np.sqrt(2) + np.sqrt(5))])


def test_energy_sees_the_size_of_logits_that_probabilities_lose() -> None:
    strong = np.array([[10.0, 8.0]], np.float32)
    weak = strong - 8.0
    shares = np.exp(strong) / np.exp(strong).sum()
    assert max_probability(shares.astype(np.float32))[0] == pytest.approx(0.8808, abs=1e-4)
    assert energy(strong)[0] == pytest.approx(energy(weak)[0] + 8.0)


def test_nothing_to_compare_is_refused() -> None:
    with pytest.raises(TrainingError, match='0 unknown frames'):
        measure_detection('x', np.ones(3), np.ones(0))
    with pytest.raises(TrainingError, match='finite'):
        measure_detection('x', np.array([1.0, np.inf]), np.ones(2))
