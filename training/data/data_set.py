# SPDX-License-Identifier: Apache-2.0
"""A data set: labelled images, the labels they may have, and what is known of their division.

Also the arrays that are made of one, by name.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mobilenet_perception.errors import FrameError
from mobilenet_perception.frames import decode_file
from training.errors import TrainingError

Pixels = npt.NDArray[np.uint8]
Probabilities = npt.NDArray[np.float32]
"""(n, classes), each row sums to 1."""
Logits = npt.NDArray[np.float32]
"""(n, classes), before the softmax."""
Indices = npt.NDArray[np.int64]
"""(n,) positions of the true labels."""
Scores = npt.NDArray[np.float64]
"""(n,) one number for each frame."""
Merge = npt.NDArray[np.float32]
"""(outputs, labels), 1 where an output belongs to a label, else 0."""
NOTHING: Mapping[str, str] = MappingProxyType({})


class Sample(NamedTuple):
    """A labelled image, and what must stay together when data are split.

    Attributes:
        image: (height, width, 3) uint8 RGB at the size it was recorded, or the file to read.
        label: name of the class that the network learns; splits keep the classes' proportions.
        group: images of one group are near duplicates (a track, a sequence): never split.
        source: the data set, such as `gtsrb`.
        name: file name within the source.
    """

    image: Pixels | Path
    label: str
    group: str
    source: str
    name: str

    @property
    def pixels(self) -> Pixels:
        """The image, (height, width, 3) uint8 RGB; read from its file each time, if it has one.

        Raises:
            TrainingError: the file is not a readable image.
        """
        return read_rgb(self.image) if isinstance(self.image, Path) else self.image


class DataSet(NamedTuple):
    """What a reader returns.

    Attributes:
        samples: the images.
        labels: what a network tells apart, in the order of its outputs.
        merge: label that is published, by the label of the network; others keep their name. A
            network that tells finer classes apart than the robot needs learns them better.
        parts: `train`, `validation` or `test` by group, where the data say so.
        held_out: groups that must be in the test part.
        credits: whose the data are, a sentence each.
    """

    samples: Sequence[Sample]
    labels: tuple[str, ...]
    merge: Mapping[str, str] = NOTHING
    parts: Mapping[str, str] = NOTHING
    held_out: frozenset[str] = frozenset()
    credits: tuple[str, ...] = ()

    @property
    def published(self) -> tuple[str, ...]:
        """The labels after merging, in the order of the bundle's scores."""
        return published_labels(self.labels, self.merge)


def read_rgb(path: Path) -> Pixels:
    """Return an image file as (height, width, 3) uint8 RGB, decoded as the runtime does.

    Raises:
        TrainingError: the file is not a readable image.
    """
    try:
        return decode_file(path).rgb()
    except FrameError as error:
        raise TrainingError(f'{error}: mend or remove it') from error


def published_labels(labels: Sequence[str], merge: Mapping[str, str]) -> tuple[str, ...]:
    """Return the labels after merging, each once, in order of first appearance."""
    return tuple(dict.fromkeys(merge.get(label, label) for label in labels))


def data_hash(samples: Sequence[Sample]) -> str:
    """Return a SHA-256 over names, labels, groups and pixels (or files), in order."""
    digest = hashlib.sha256()
    for sample in samples:
        digest.update(f'{sample.source}/{sample.name}/{sample.label}/{sample.group}'.encode())
        image = sample.image
        digest.update(image.read_bytes() if isinstance(image, Path) else image.tobytes())
    return digest.hexdigest()


def merge_matrix(outputs: Sequence[str], merge: Mapping[str, str]) -> Merge | None:
    """Return the matrix for a network's outputs; None: each is a label of its own.

    Args:
        outputs: what the network tells apart, in order.
        merge: label that is published, by output; others keep their name.
    """
    labels = published_labels(outputs, merge)
    if labels == tuple(outputs):
        return None
    matrix = np.zeros((len(outputs), len(labels)), np.float32)
    for row, output in enumerate(outputs):
        matrix[row, labels.index(merge.get(output, output))] = 1.0
    return matrix
