# SPDX-License-Identifier: Apache-2.0
"""Outputs that share a label: the matrix that adds their probabilities up."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from training.data.data_set import published_labels

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
