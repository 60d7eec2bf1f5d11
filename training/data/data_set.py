# SPDX-License-Identifier: Apache-2.0
"""A data set: labelled images, the labels they may have, and what is known of their division."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

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
