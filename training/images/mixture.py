# SPDX-License-Identifier: Apache-2.0
"""The mixture that training draws from: balanced over sources, classes and near duplicates."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mobilenet_perception.frames import Frame, crop_and_resize
from mobilenet_perception.street import BACKGROUND
from training.data.sample import Pixels, Sample
from training.errors import TrainingError
from training.images.augmentation.compose import Placement, compose, jitter, soft_cutout
from training.images.augmentation.photometry import degrade
from training.images.backgrounds import drawn_signals, photographed_backgrounds, random_background
from training.images.batches import Draw

_TIGHT_SHARE = 0.5
_PHOTO_PLACEMENT = Placement(smallest=0.45, largest=1.1)
_DRAWN_PLACEMENT = Placement(smallest=0.3, largest=1.1)


class _Stratum(NamedTuple):
    label: str
    groups: tuple[tuple[Pixels, ...], ...]


class Mixture:
    """Endless, reproducible training images: the same source of chance gives the same image.

    A source is drawn by its share, then a class, then a group of it, then an image. Half of the
    classes are drawn by the square root of their number of groups, the others so that classes
    (0.3) or published labels (0.2) come equally often: a rare one is seen far more often than it
    occurs, yet a varied one more than a poor one.
    """

    def __init__(
        self, samples: Sequence[Sample], shares: Mapping[str, float], merge: Mapping[str, str]
    ) -> None:
        """Prepare the sources.

        Args:
            samples: photographs of the training part.
            shares: by source (`gtsrb`, `lights`, ..., and `drawn`, `background`), how often it
                is drawn; the sum need not be 1.
            merge: label that is published, by label; those come equally often, not the finer ones.

        Raises:
            TrainingError: a share names a source without samples.
        """
        self._strata = _by_stratum(samples)
        self._count = len(samples)
        known = {*self._strata, 'drawn', BACKGROUND}
        if unknown := sorted(set(shares) - known):
            raise TrainingError(
                f'the mixture names {", ".join(unknown)}, which has no samples to train on: '
                f'take from {", ".join(sorted(known))}'
            )
        self._sources = sorted(shares)
        weights = np.array([shares[source] for source in self._sources], float)
        self._shares = weights / weights.sum()
        self._weights = {
            source: _balanced(
                [merge.get(stratum.label, stratum.label) for stratum in strata],
                [len(stratum.groups) for stratum in strata],
            )
            for source, strata in self._strata.items()
        }
        self._drawn = drawn_signals() if shares.get('drawn') else {}
        self._drawn_weights = _balanced(
            list(self._drawn), [len(found) for found in self._drawn.values()]
        )
        self._photographs = photographed_backgrounds(samples)

    def __len__(self) -> int:
        return self._count

    def draw(
        self, epoch: int, index: int, height: int, width: int, random: np.random.Generator
    ) -> Draw:
        """Return one image at a network's input size; only `random` decides which."""
        source = self._sources[int(random.choice(len(self._sources), p=self._shares))]
        canvas, label = self._canvas(source, random)
        image = crop_and_resize(Frame(degrade(canvas, random), 'rgb'), height, width)
        return Draw(image, label)

    def _canvas(self, source: str, random: np.random.Generator) -> tuple[Pixels, str]:
        # What a camera far away or near by would give before the resize, in any aspect ratio.
        rows = round(np.exp(random.uniform(np.log(36), np.log(170))))
        columns = max(16, round(rows * 1.5 ** random.uniform(-1.0, 1.0)))
        if source == BACKGROUND:
            return self._background(rows, columns, random), BACKGROUND
        if source == 'drawn':
            names = list(self._drawn)
            label = names[int(random.choice(len(names), p=self._drawn_weights))]
            drawing = self._drawn[label][int(random.integers(len(self._drawn[label])))]
            background = self._background(rows, columns, random)
            return compose(drawing, background, _DRAWN_PLACEMENT, random), label
        strata = self._strata[source]
        stratum = strata[int(random.choice(len(strata), p=self._weights[source]))]
        group = stratum.groups[int(random.integers(len(stratum.groups)))]
        pixels = group[int(random.integers(len(group)))]
        if random.random() < _TIGHT_SHARE:
            rows, columns = pixels.shape[:2] if random.random() < 0.5 else (rows, columns)
            return jitter(pixels, rows, columns, random), stratum.label
        cutout = soft_cutout(pixels, random.uniform(0.0, 0.12))
        background = self._background(rows, columns, random)
        return compose(cutout, background, _PHOTO_PLACEMENT, random), stratum.label

    def _background(self, rows: int, columns: int, random: np.random.Generator) -> Pixels:
        return random_background(rows, columns, self._photographs, random)


def _by_stratum(samples: Sequence[Sample]) -> dict[str, list[_Stratum]]:
    found: dict[tuple[str, str], dict[str, list[Pixels]]] = defaultdict(dict)
    for sample in samples:
        groups = found[sample.source, sample.label]
        groups.setdefault(sample.group, []).append(sample.pixels)
    strata: dict[str, list[_Stratum]] = defaultdict(list)
    for (source, label), by_group in sorted(found.items(), key=lambda item: item[0]):
        groups_of_stratum = tuple(tuple(images) for _, images in sorted(by_group.items()))
        strata[source].append(_Stratum(label, groups_of_stratum))
    return dict(strata)


def _balanced(labels: Sequence[str], counts: Sequence[int]) -> npt.NDArray[np.float64]:
    """Return the probability of each class, given its published label and number of groups."""
    if not counts:
        return np.zeros(0)
    natural = np.sqrt(np.array(counts, np.float64))
    natural /= natural.sum()
    names = np.array(labels)
    of_label = np.array([natural[names == label].sum() for label in labels])
    by_label = natural / of_label / len(set(labels))
    return np.asarray(0.5 * natural + 0.3 / len(counts) + 0.2 * by_label)
