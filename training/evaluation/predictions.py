# SPDX-License-Identifier: Apache-2.0
"""Predictions: what a network said of a set of frames, and the truth; its worst mistakes."""

import io
import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mobilenet_perception.street.signals import BACKGROUND
from mobilenet_perception.system.files import write_atomically
from training.data.data_set import Indices, Probabilities
from training.errors import TrainingError


class Predictions(NamedTuple):
    """Probabilities for labelled frames.

    Attributes:
        labels: names of the classes, in the order of the columns.
        probabilities: (n, classes) float32, calibrated, each row sums to 1.
        truth: (n,) int64 positions of the true labels.
        groups: (n) what each frame belongs to (a track, a sequence): frames of one group are near
            duplicates, so intervals resample groups.
        names: (n) file names or the like.
    """

    labels: tuple[str, ...]
    probabilities: Probabilities
    truth: Indices
    groups: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def predicted(self) -> Indices:
        """(n,) positions of the most probable labels."""
        if not len(self.truth):
            return self.truth
        return np.asarray(self.probabilities.argmax(axis=1), np.int64)

    @property
    def confidence(self) -> Probabilities:
        """(n,) probabilities of the most probable labels."""
        return np.asarray(self.probabilities.max(axis=1, initial=0.0), np.float32)

    def shows_something(self, nothing: str = BACKGROUND) -> npt.NDArray[np.bool_]:
        """Return (n,): whether frames show a label, and not that of frames that show none."""
        if nothing not in self.labels:
            return np.ones(len(self.truth), np.bool_)
        return np.asarray(self.truth != self.labels.index(nothing))


class Mistake(NamedTuple):
    """A frame that got the wrong label.

    Attributes:
        position: its index among the predictions.
        name: of the frame.
        group: that it belongs to.
        truth: its label.
        predicted: the label given.
        probability: of the label given, 0 to 1.
        true_probability: of the true label, 0 to 1.
    """

    position: int
    name: str
    group: str
    truth: str
    predicted: str
    probability: float
    true_probability: float


def save_predictions(path: Path, predictions: Predictions) -> None:
    """Write a compressed `.npz`, whole or not at all; nothing in it is pickled."""
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        labels=np.array(predictions.labels, np.str_),
        probabilities=predictions.probabilities.astype(np.float32),
        truth=predictions.truth.astype(np.int64),
        groups=np.array(predictions.groups, np.str_),
        names=np.array(predictions.names, np.str_),
    )
    write_atomically(path, buffer.getvalue())


def load_predictions(path: Path) -> Predictions:
    """Read what `save_predictions` wrote; nothing in it is executed.

    Raises:
        TrainingError: there is no such file, or it does not hold predictions that fit together.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            found = Predictions(
                tuple(stored['labels'].tolist()),
                np.asarray(stored['probabilities'], np.float32),
                np.asarray(stored['truth'], np.int64),
                tuple(stored['groups'].tolist()),
                tuple(stored['names'].tolist()),
            )
    except FileNotFoundError:
        raise TrainingError(f'no predictions in {path}: run `evaluate` first') from None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise TrainingError(
            f'{path} holds no predictions ({error!s:.100}): run `evaluate` again'
        ) from error
    return check_predictions(found, str(path))


def check_predictions(predictions: Predictions, where: str) -> Predictions:
    """Return the predictions.

    Raises:
        TrainingError: lengths differ, a truth is not among the labels, or a probability is not
            a number from 0 to 1; `where` is named.
    """
    labels, probabilities, truth, groups, names = predictions
    frames = len(truth)
    problem = ''
    if probabilities.shape != (frames, len(labels)) or not len(groups) == len(names) == frames:
        problem = (
            f'{frames} truths, probabilities of shape {probabilities.shape}, {len(labels)} '
            f'labels, {len(groups)} groups and {len(names)} names do not fit together'
        )
    elif frames and not (truth.min() >= 0 and truth.max() < len(labels)):
        problem = f'a truth lies outside the {len(labels)} labels'
    elif not ((probabilities >= 0) & (probabilities <= 1 + 1e-5)).all():
        problem = 'a probability is not a number from 0 to 1'
    if problem:
        raise TrainingError(f'{where}: {problem}: evaluate anew')
    return predictions


def worst_mistakes(
    predictions: Predictions, most: int = 24, per_group: int = 2
) -> tuple[Mistake, ...]:
    """Return wrong frames, the surest first; at most `most`, and `per_group` of each group.

    Frames of one group are near duplicates: without the limit one track would fill the list.
    """
    wrong = np.flatnonzero(predictions.predicted != predictions.truth)
    order = wrong[np.argsort(-predictions.confidence[wrong], kind='stable')]
    taken: dict[str, int] = {}
    found: list[Mistake] = []
    for index in order.tolist():
        group = predictions.groups[index]
        taken[group] = taken.get(group, 0) + 1
        if taken[group] <= per_group and len(found) < most:
            found.append(_mistake(predictions, index))
    return tuple(found)


def _mistake(predictions: Predictions, index: int) -> Mistake:
    given, true = int(predictions.predicted[index]), int(predictions.truth[index])
    return Mistake(
        index,
        predictions.names[index],
        predictions.groups[index],
        predictions.labels[true],
        predictions.labels[given],
        float(predictions.probabilities[index, given]),
        float(predictions.probabilities[index, true]),
    )
