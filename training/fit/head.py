# SPDX-License-Identifier: Apache-2.0
"""The head: a network's last layer, fitted to frozen features as a logistic regression.

Its weights become the layer `logits`. A linear layer on features that stay as they are is a convex
problem, which L-BFGS solves to the end: steps of an optimiser of networks stop far from it, and
what is then fine-tuned is spoilt by the gradients of a layer that knows nothing (Kumar et al.,
ICLR 2022).
"""

import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import numpy.typing as npt

from training.configuration.records import Record
from training.configuration.settings import Configuration
from training.data.data_set import Floats, Sample
from training.errors import TrainingError
from training.fit.checkpoint import Interrupt
from training.fit.features import Features, FrozenFeatures, frozen_features
from training.fit.images import StageImages, validation_feed
from training.fit.limit import TimeLimit
from training.fit.optimizer import make_loss

_MOST_STEPS = 300
_TOLERANCE = 1e-3
# After so many weaker penalties that validated worse, no better one is expected.
_WORSE = 3
# Logits of a class without training images lie so far below the least likely.
_NEVER = 10.0


class FittedHead(NamedTuple):
    """The last layer, and how it validates.

    Attributes:
        kernel: (channels, classes) float32.
        bias: (classes,) float32.
        penalty: that was chosen.
        loss: mean cross-entropy of the validation images.
        accuracy: share of the validation images, 0 to 1.
    """

    kernel: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]
    penalty: float
    loss: float
    accuracy: float


class HeadRecord(Record):
    """What a run folder tells of its fitted head.

    Attributes:
        penalty: that was chosen.
        views: of each training image.
        seconds: that features and fit took.
        val_loss: of the network with this head, as after an epoch.
        val_accuracy: likewise.
    """

    penalty: float
    views: float
    seconds: float
    val_loss: float
    val_accuracy: float


def learn_head(
    network: keras.Model,
    folder: Path,
    configuration: Configuration,
    labels: Sequence[str],
    images: StageImages,
    validation: Sequence[Sample],
    interrupt: Interrupt,
    limit: TimeLimit,
) -> HeadRecord:
    """Fit the last layer of a network with given weights, in place.

    Args:
        network: its other layers stay as they are.
        folder: where features are kept: a killed fit goes on from there.
        configuration: of the run.
        labels: the classes, in order.
        images: to train on.
        validation: the validation part.
        interrupt: whether the user asked to stop.
        limit: of the training.

    Raises:
        TrainingError: an image cannot be read, the disk is full, or the time is too short.
        KeyboardInterrupt: the user asked to stop.
    """
    start = time.monotonic()
    alone = configuration.epochs == 0

    def go_on() -> bool:
        if interrupt.asked:
            raise KeyboardInterrupt
        return limit.left_for_head(alone)

    features = frozen_features(folder, configuration, network, labels, images, validation, go_on)
    loss = configuration.loss
    balanced = loss.class_weights or configuration.sampling == 'balanced'
    head = fit_head(features, len(labels), configuration.head.penalties, balanced, go_on)
    put_head(network, head)
    # As after an epoch, so that the figures compare to the last digit.
    network.compile(loss=make_loss(loss), metrics=[keras.metrics.CategoricalAccuracy('accuracy')])
    size = (configuration.height, configuration.width)
    feed = validation_feed(validation, tuple(labels), *size, configuration.batch_size)
    with feed.own_errors():
        found = network.evaluate(feed.data, return_dict=True, verbose=0)
    record = HeadRecord(
        head.penalty,
        round(features.views, 2),
        time.monotonic() - start,
        float(found['loss']),
        float(found['accuracy']),
    )
    print(
        f'head fitted to {len(features.train.labels)} views of {len(images.train)} images in '
        f'{record.seconds:.0f} s: penalty {record.penalty:g}, validation loss '
        f'{record.val_loss:.4g}, accuracy {record.val_accuracy:.2%}',
        flush=True,
    )
    return record


def fit_head(
    features: FrozenFeatures,
    classes: int,
    penalties: Sequence[float],
    balanced: bool,
    go_on: Callable[[], bool],
) -> FittedHead:
    """Return the head with the least validation loss.

    Args:
        features: to fit to and to judge by.
        classes: outputs.
        penalties: to try, from the strongest.
        balanced: weigh each class by the inverse of its frequency.
        go_on: asked after each; false ends it early.

    Raises:
        TrainingError: training images are of one class.
    """
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    train, validation = features.train, features.validation
    # One scale for all features: those that hardly vary must not become as loud as the others.
    mean = train.values.mean(axis=0, dtype=np.float64)
    scale = 1 / max(float(np.sqrt(train.values.var(axis=0, dtype=np.float64).mean())), 1e-12)
    known = ((train.values - mean) * scale).astype(np.float32)
    if len(np.unique(train.labels)) < 2:
        raise TrainingError(
            'the training images that were seen are of one class: give more --minutes'
        )
    regression = LogisticRegression(
        max_iter=_MOST_STEPS,
        tol=_TOLERANCE,
        # Each goes on from the one before, which is a little stronger.
        warm_start=True,
        class_weight='balanced' if balanced else None,
    )
    best: FittedHead | None = None
    worse = 0
    for penalty in sorted(penalties, reverse=True):
        regression.C = 1 / (penalty * len(known))
        with warnings.catch_warnings():
            # At the weakest penalties there are steps left: what counts is how it validates.
            warnings.simplefilter('ignore')
            regression.fit(known, train.labels)
        head = _judged(_unscaled(regression, mean, scale, classes), validation, penalty)
        if best is None or head.loss < best.loss:
            best, worse = head, 0
        else:
            worse += 1
        if worse == _WORSE or not go_on():
            break
    assert best is not None
    return best


def put_head(network: keras.Model, head: FittedHead) -> None:
    """Set the layer `logits` to a fitted head."""
    layer = network.get_layer('logits')
    shapes = [tuple(weight.shape) for weight in layer.weights]
    layer.set_weights(
        [array.reshape(shape) for array, shape in zip(head[:2], shapes, strict=True)]
    )


def _unscaled(regression: Any, mean: Floats, scale: float, classes: int) -> tuple[Floats, Floats]:
    """Return kernel and bias for features as they are, and for all classes."""
    weights, offsets = regression.coef_.astype(float), regression.intercept_.astype(float)
    if len(weights) == 1:
        # Of two classes, scikit-learn keeps the difference.
        weights, offsets = np.vstack([-weights, weights]) / 2, np.append(-offsets, offsets) / 2
    kernel = np.zeros((weights.shape[1], classes))
    bias = np.full(classes, offsets.min() - _NEVER)
    kernel[:, regression.classes_] = weights.T * scale
    bias[regression.classes_] = offsets - (mean * scale) @ weights.T
    return kernel, bias


def _judged(layer: tuple[Floats, Floats], validation: Features, penalty: float) -> FittedHead:
    kernel, bias = (array.astype(np.float32) for array in layer)
    logits = (validation.values @ kernel + bias).astype(np.float64)
    logits -= logits.max(axis=1, keepdims=True)
    of_truth = logits[np.arange(len(logits)), validation.labels]
    loss = float((np.log(np.exp(logits).sum(axis=1)) - of_truth).mean())
    accuracy = float((logits.argmax(axis=1) == validation.labels).mean())
    return FittedHead(kernel, bias, penalty, loss, accuracy)
