# SPDX-License-Identifier: Apache-2.0
"""The last layer as a logistic regression on frozen features, without a network."""

import numpy as np
import pytest

from training.errors import TrainingError
from training.fit.features import Features, FrozenFeatures
from training.fit.head import FittedHead, fit_head

PENALTIES = (1.0, 0.1, 0.01, 0.001, 1e-4)


def clouds(count: int, classes: tuple[int, ...], seed: int, spread: float = 1.0) -> Features:
    """Return features of classes that lie at corners of a cube, far from 0."""
    random = np.random.default_rng(seed)
    labels = np.array(classes)[np.arange(count) % len(classes)]
    corners = np.random.default_rng(7).normal(0.0, 1.0, (max(classes) + 1, 12))
    values = 50 + corners[labels] + spread * random.standard_normal((count, 12))
    return Features(values.astype(np.float32), labels.astype(np.int64))


def fitted(
    train: Features, validation: Features, classes: int, balanced: bool = False
) -> FittedHead:
    features = FrozenFeatures(train, validation, 1.0)
    return fit_head(features, classes, PENALTIES, balanced, lambda: True)


def accuracy(head: FittedHead, features: Features) -> float:
    said = (features.values @ head.kernel + head.bias).argmax(axis=1)
    return float((said == features.labels).mean())


@pytest.mark.parametrize('classes', [(0, 1), (0, 1, 2, 3)])
def test_it_learns(classes: tuple[int, ...]) -> None:
    validation = clouds(200, classes, 1)
    head = fitted(clouds(400, classes, 0), validation, len(classes))
    assert accuracy(head, clouds(400, classes, 2)) > 0.9
    assert accuracy(head, validation) == pytest.approx(head.accuracy)


def test_noise_takes_a_stronger_penalty_than_plain_differences() -> None:
    classes = (0, 1, 2)
    clear = fitted(clouds(300, classes, 0, 0.2), clouds(300, classes, 1, 0.2), 3)
    noisy = fitted(clouds(40, classes, 0, 3.0), clouds(300, classes, 1, 3.0), 3)
    assert noisy.penalty > clear.penalty


def test_of_the_penalties_the_one_with_the_least_validation_loss_is_taken() -> None:
    classes = (0, 1, 2)
    train, validation = clouds(60, classes, 0, 2.0), clouds(300, classes, 1, 2.0)
    alone = [
        fit_head(FrozenFeatures(train, validation, 1.0), 3, (penalty,), False, lambda: True)
        for penalty in PENALTIES
    ]
    least = min(alone, key=lambda head: head.loss)
    found = fitted(train, validation, 3)
    assert found.penalty == least.penalty
    assert found.loss == pytest.approx(least.loss, rel=1e-2)


def test_a_class_without_training_images_is_never_said() -> None:
    head = fitted(clouds(300, (0, 2), 0), clouds(100, (0, 2), 1), 4)
    logits = clouds(100, (0, 2), 2).values @ head.kernel + head.bias
    assert set(logits.argmax(axis=1)) == {0, 2}
    assert head.kernel.shape == (12, 4)


def test_a_rare_class_counts_as_much_as_the_others_where_balance_is_asked_for() -> None:
    train = clouds(400, (0,) * 19 + (1,), 0, 2.0)
    validation, test = clouds(200, (0, 1), 1, 2.0), clouds(400, (0, 1), 2, 2.0)
    plain = accuracy(fitted(train, validation, 2), test)
    assert accuracy(fitted(train, validation, 2, balanced=True), test) > plain


def test_features_of_one_class_are_refused() -> None:
    with pytest.raises(TrainingError, match='of one class'):
        fitted(clouds(20, (1,), 0), clouds(20, (0, 1), 1), 2)
