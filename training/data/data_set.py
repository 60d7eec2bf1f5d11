# SPDX-License-Identifier: Apache-2.0
"""A data set: labelled images, the labels they may have, and what is known of their division.

A fingerprint of a data set, by which a run is tied to what it was trained on.

Outputs that share a label: the matrix that adds their probabilities up.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from training.data.sample import Sample

NOTHING: Mapping[str, str] = MappingProxyType({})


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


Merge = npt.NDArray[np.float32]
"""(outputs, labels), 1 where an output belongs to a label, else 0."""


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
