# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from tests.training.fit.toy import squares
from training.configuration.settings import Loss
from training.fit.optimizer import class_weights, make_loss

LOGITS = np.array([[2.0, 0.0, -1.0], [0.0, 0.5, 0.0]], np.float32)
TARGETS = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], np.float32)


def test_focal_loss_looks_away_from_what_is_known() -> None:
    entropy = float(make_loss(Loss())(TARGETS, LOGITS))
    assert float(make_loss(Loss('focal', focal_gamma=0.0))(TARGETS, LOGITS)) == pytest.approx(
        entropy, rel=1e-4
    )
    probability = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=1, keepdims=True)
    right = probability[[0, 1], [0, 1]]
    expected = float(np.mean((1 - right) ** 2 * -np.log(right)))
    assert float(make_loss(Loss('focal'))(TARGETS, LOGITS)) == pytest.approx(expected, rel=1e-4)


def test_class_weights_make_classes_count_alike() -> None:
    red, green, _ = (
        [s for s in squares(30).samples if s.label == name] for name in ('red', 'green', 'blue')
    )
    some = red + green[:2]
    weights = class_weights(some, ('red', 'green', 'blue'))
    assert weights[0] * 10 == pytest.approx(weights[1] * 2)
    assert weights[2] == 0
    assert (weights[0] * 10 + weights[1] * 2) / len(some) == pytest.approx(1.0)
