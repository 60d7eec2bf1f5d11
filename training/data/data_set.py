# SPDX-License-Identifier: Apache-2.0
"""A data set: labelled images, the labels they may have, and its split into parts.

Splits keep groups together, keep proportions, and can be made again. The arrays that are made of
images have their names here, too.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mobilenet_perception.errors import FrameError
from training.errors import TrainingError

if TYPE_CHECKING:
    # The tests of the runtime read data, too, without what configurations need.
    from training.configuration import Data
    from training.data.scenes import Scene

PARTS = ('train', 'validation', 'test')
NOTHING: Mapping[str, str] = MappingProxyType({})
Pixels = npt.NDArray[np.uint8]
Probabilities = npt.NDArray[np.float32]
"""(n, classes), each row sums to 1."""
Logits = npt.NDArray[np.float32]
"""(n, classes), before the softmax."""
Indices = npt.NDArray[np.int64]
"""(n,) positions of the true labels."""
Scores = npt.NDArray[np.float64]
"""(n,) one number for each frame."""
Floats = npt.NDArray[np.float64]
Array = npt.NDArray[Any]
Targets = npt.NDArray[np.float32]
"""(n, classes), what a network should answer: probabilities."""
Merge = npt.NDArray[np.float32]
"""(outputs, labels), 1 where an output belongs to a label, else 0."""


class Window(NamedTuple):
    """Part of an image file, in pixels."""

    path: Path
    x: int
    y: int
    width: int
    height: int

    def cut(self, pixels: Pixels) -> Pixels:
        """Return it, (height, width, 3) uint8 RGB, of the pixels of the file."""
        rows, columns = slice(self.y, self.y + self.height), slice(self.x, self.x + self.width)
        return pixels[rows, columns].copy()


class Sample(NamedTuple):
    """A labelled image, and what must stay together when data are split.

    Attributes:
        image: (height, width, 3) uint8 RGB at the size it was recorded, or the file to read, or
            the part of one.
        label: name of the class that the network learns; splits keep the classes' proportions.
        group: images of one group are near duplicates (a track, a sequence): never split.
        source: the data set, such as `gtsrb`.
        name: file name within the source.
        significant_bits: that 16-bit samples of its file use, 8 to 16; 0: all.
    """

    image: Pixels | Path | Window
    label: str
    group: str
    source: str
    name: str
    significant_bits: int = 0

    @property
    def pixels(self) -> Pixels:
        """The image, (height, width, 3) uint8 RGB; read from its file each time, if it has one.

        Raises:
            TrainingError: the file is not a readable image.
        """
        bits = self.significant_bits
        if isinstance(self.image, Window):
            return self.image.cut(_last_read(self.image.path, bits))
        return read_rgb(self.image, bits) if isinstance(self.image, Path) else self.image


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
        notes: what a person should know of the reading, a sentence each: files left out, files
            from elsewhere.
        scenes: photographs that show none of the labels, to take windows of.
    """

    samples: Sequence[Sample]
    labels: tuple[str, ...]
    merge: Mapping[str, str] = NOTHING
    parts: Mapping[str, str] = NOTHING
    held_out: frozenset[str] = frozenset()
    credits: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    scenes: 'tuple[Scene, ...]' = ()

    @property
    def published(self) -> tuple[str, ...]:
        """The labels after merging, in the order of the bundle's scores."""
        return published_labels(self.labels, self.merge)


class Split(NamedTuple):
    """Which groups are for what."""

    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]

    def select(self, samples: Sequence[Sample], part: str) -> list[Sample]:
        """Return the samples of one part: `train`, `validation` or `test`."""
        groups = frozenset(getattr(self, part))
        return [sample for sample in samples if sample.group in groups]


def read_rgb(path: Path, significant_bits: int = 0) -> Pixels:
    """Return an image file as (height, width, 3) uint8 RGB, decoded as the runtime does.

    Args:
        path: of the file.
        significant_bits: of 16-bit samples, 8 to 16; 0: all.

    Raises:
        TrainingError: the file is not a readable image.
    """
    # Takes OpenCV, which no `--help` waits for.
    from mobilenet_perception.frames import decode_file  # noqa: PLC0415

    try:
        return decode_file(path, significant_bits=significant_bits).rgb()
    except FrameError as error:
        raise TrainingError(f'{error}: mend or remove it') from error


# Windows of one file follow one another.
_last_read = lru_cache(maxsize=2)(read_rgb)


def published_labels(labels: Sequence[str], merge: Mapping[str, str]) -> tuple[str, ...]:
    """Return the labels after merging, each once, in order of first appearance."""
    return tuple(dict.fromkeys(merge.get(label, label) for label in labels))


def data_hash(samples: Sequence[Sample]) -> str:
    """Return a SHA-256 over names, labels, groups and pixels (or files), in order."""
    digest = hashlib.sha256()
    read = lru_cache(maxsize=1)(Path.read_bytes)
    for sample in samples:
        digest.update(f'{sample.source}/{sample.name}/{sample.label}/{sample.group}'.encode())
        image = sample.image
        if isinstance(image, Window):
            digest.update(str(image[1:]).encode())
            image = image.path
        digest.update(read(image) if isinstance(image, Path) else image.tobytes())
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


def make_split(data_set: DataSet, settings: 'Data') -> Split:
    """Split groups class by class; each part gets at least one group of each class.

    Groups whose part the data set says stay there, and count towards its share; a part that the
    data set fills itself gets no others, and one that it leaves empty is taken out of its
    training groups. With `fraction`, that part of each class's training groups is left in, and
    the rest is unused: smaller fractions are parts of larger ones, and validation and test are
    the same for all.

    Args:
        data_set: the data; a group that spans classes counts for the most frequent.
        settings: shares and seed: the same give the same split, whatever the samples' order.

    Raises:
        TrainingError: a class has fewer groups than parts to fill, or none to train on.
    """
    fixed = {**data_set.parts, **dict.fromkeys(data_set.held_out, 'test')}
    given = set(data_set.parts.values())
    wanted = {
        'test': 0.0 if 'test' in given else settings.test_share,
        'validation': 0.0 if 'validation' in given else settings.validation_share,
    }
    found: dict[str, list[str]] = {part: [] for part in PARTS}
    for stratum, groups in _strata(data_set.samples).items():
        if data_set.held_out.issuperset(groups):
            # A source that is there to be judged by, whole.
            found['test'] += groups
            continue
        inside = {part: [g for g in groups if fixed.get(g) == part] for part in PARTS}
        # What the data say is for training may still be needed for another part.
        free = [g for g in groups if fixed.get(g, 'train') == 'train']
        needed = [part for part, share in wanted.items() if share > 0 and not inside[part]]
        if len(free) <= len(needed):
            raise TrainingError(_too_few(stratum, groups, free, needed))
        np.random.default_rng(_seed_of(settings.split_seed, stratum)).shuffle(free)
        for part, share in wanted.items():
            count = max(1, round(share * len(groups))) - len(inside[part]) if share else 0
            # One at least is left for each part that is still to come, and for training.
            left = 1 + (part == 'test' and 'validation' in needed)
            count = min(max(0, count), len(free) - left)
            found[part] += inside[part] + free[:count]
            free = free[count:]
        found['train'] += free[: max(1, round(settings.fraction * len(free)))]
    _check_labels(data_set.samples, frozenset(found['train']))
    return Split(*(tuple(sorted(found[part])) for part in PARTS))


def _too_few(
    stratum: str, groups: Sequence[str], free: Sequence[str], needed: Sequence[str]
) -> str:
    parts = ' and '.join(('train', *reversed(needed)))
    if not free:
        return (
            f'{stratum} has no images to train on: its {len(groups)} group(s) are all in '
            'validation or test; move some to training or leave the class out'
        )
    return (
        f'{stratum} has {len(free)} group(s) of near duplicates for {parts}, which need one each: '
        'add images or leave the class out'
    )


def _check_labels(samples: Sequence[Sample], train: frozenset[str]) -> None:
    learnt = {sample.label for sample in samples if sample.group in train}
    if missing := sorted({sample.label for sample in samples} - learnt):
        raise TrainingError(
            f'no image of {missing[0]} is left to train on, as it is only in groups that other '
            'labels have more images in: divide the groups, or use a larger data.fraction'
        )


def _strata(samples: Sequence[Sample]) -> dict[str, list[str]]:
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for sample in samples:
        votes[sample.group][f'{sample.source}/{sample.label}'] += 1
    strata: dict[str, list[str]] = defaultdict(list)
    for group, counts in sorted(votes.items()):
        strata[min(counts, key=lambda name: (-counts[name], name))].append(group)
    return dict(sorted(strata.items()))


def _seed_of(seed: int, stratum: str) -> int:
    digest = hashlib.sha256(f'{seed}/{stratum}'.encode()).digest()
    return int.from_bytes(digest[:8], 'little')
