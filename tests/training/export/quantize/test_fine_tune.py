# SPDX-License-Identifier: Apache-2.0
"""Fine-tuning mends what quantisation broke, from images alone."""

from collections.abc import Iterator

import numpy as np
import pytest

from training.data.data_set import Pixels
from training.errors import TrainingError
from training.export.graph import GraphView, load
from training.export.quantize.calibration import divergence, probabilities
from training.export.quantize.fine_tune import Batch, FineTuning, fine_tune
from training.export.quantize.qdq import insert_qdq, quantization_points
from training.export.quantize.schemes import TENSORRT, measure_activations, ranges_by

# Few bits, so that there is much to mend.
COARSE = TENSORRT._replace(weight_bits=3)


def batches(pixels: Pixels) -> Iterator[Batch]:
    random = np.random.default_rng(0)
    while True:
        yield pixels[random.integers(100, len(pixels), 32)], np.zeros((32, 7), np.float32)


def test_fine_tuning_brings_the_answers_back(small: bytes, pixels: Pixels) -> None:
    model = load(small)
    values = {point.value for point in quantization_points(GraphView(model), COARSE)}
    ranges = ranges_by('minmax', measure_activations(model, values, pixels[:50]), COARSE)
    tuned = fine_tune(model, batches(pixels), COARSE, ranges, FineTuning(60, 2e-3), verbose=False)
    reference = probabilities(small, COARSE, pixels[:100])
    losses = [
        divergence(
            reference,
            probabilities(
                insert_qdq(each, COARSE, ranges).SerializeToString(), COARSE, pixels[:100]
            ),
        )
        for each in (model, tuned)
    ]
    assert losses[1] < losses[0] / 2


def test_what_does_not_fit_is_said(small: bytes, pixels: Pixels) -> None:
    model = load(small)
    values = {point.value for point in quantization_points(GraphView(model), TENSORRT)}
    ranges = ranges_by('minmax', measure_activations(model, values, pixels[:5]), TENSORRT)
    two = [next(batches(pixels)) for _ in range(2)]
    with pytest.raises(TrainingError, match='needs 3 batches and got 2'):
        fine_tune(model, two, TENSORRT, ranges, FineTuning(3), verbose=False)
    wrong = [(pixels[:4], np.zeros((4, 5), np.float32))]
    with pytest.raises(TrainingError, match=r'labels of shape \(4, 5\) do not fit'):
        fine_tune(model, wrong, TENSORRT, ranges, FineTuning(3, label_share=0.5), verbose=False)
