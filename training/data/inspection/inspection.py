# SPDX-License-Identifier: Apache-2.0
"""What was found in a data set: records that `training.configuration.records` turns into JSON."""

from typing import NamedTuple

from training.data.duplicates.leaks import Leak


class LabelCount(NamedTuple):
    """How much there is of one label.

    Attributes:
        label: its name.
        images: by part; `unused` are in none.
        groups: likewise.
    """

    label: str
    images: dict[str, int]
    groups: dict[str, int]

    @property
    def total(self) -> int:
        """Images of all parts."""
        return sum(self.images.values())


class Spread(NamedTuple):
    """The range of a measure over all readable images."""

    least: float
    median: float
    most: float


class Unreadable(NamedTuple):
    """An image that cannot be read, and why."""

    name: str
    reason: str


class Copied(NamedTuple):
    """Two images of different groups that show the same picture.

    Attributes:
        image: place among the samples.
        name: file name within the source.
        label: its label.
        original: place of the other one.
        original_name: its file name.
        original_label: its label; another one is a conflict.
        distance: of the two pictures (see `same_picture`); 0: the same pixels.
        exact: every pixel is the same.
    """

    image: int
    name: str
    label: str
    original: int
    original_name: str
    original_label: str
    distance: float
    exact: bool


class Inspection(NamedTuple):
    """What was found in a data set.

    Attributes:
        sha256: fingerprint of the data.
        images: how many there are.
        groups: how many groups they are in.
        labels: what there is of each label, in the order of the network's outputs.
        imbalance: images of the most frequent label for each of the rarest.
        height: of the images, in pixels.
        width: of the images, in pixels.
        aspect: width by height.
        unreadable: images that cannot be read.
        formats: how many image files are odd in some way (`alpha`, `16 bit`, ...).
        format_examples: the first file of each.
        repeated: images whose pixels another image has as well, wherever that is.
        copies: copies of one picture in different groups: exact, re-encoded, resized, brightened.
        conflicts: those of the copies whose labels differ.
        leaks: copies and groups in two parts of the split.
        problem: why there is no split; empty: there is one.
    """

    sha256: str
    images: int
    groups: int
    labels: tuple[LabelCount, ...]
    imbalance: float
    height: Spread
    width: Spread
    aspect: Spread
    unreadable: tuple[Unreadable, ...]
    formats: dict[str, int]
    format_examples: dict[str, str]
    repeated: int
    copies: tuple[Copied, ...]
    conflicts: tuple[Copied, ...]
    leaks: tuple[Leak, ...]
    problem: str
