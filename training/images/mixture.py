# SPDX-License-Identifier: Apache-2.0
"""The mixture that training draws from: balanced over sources, classes and near duplicates.

One of its sources are drawn drives: what a robot's regions of interest show on random streets.
"""

import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from mobilenet_perception.frames import Frame, crop_and_resize
from mobilenet_perception.street import Drive, random_world
from mobilenet_perception.street.signals import BACKGROUND
from training.data.data_set import Floats, Pixels, Sample, read_rgb
from training.data.readers.files import image_files
from training.data.scenes import Scene
from training.errors import TrainingError
from training.images import composition
from training.images.batches import TrainingImage
from training.images.operations import degrade

_TIGHT_SHARE = 0.5
# Of the backgrounds of signals, where there are scenes.
_ON_SCENES = 0.6
_PHOTO_PLACEMENT = composition.Placement(smallest=0.45, largest=1.1)
_DRAWN_PLACEMENT = composition.Placement(smallest=0.3, largest=1.1)


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
        self,
        samples: Sequence[Sample],
        shares: Mapping[str, float],
        merge: Mapping[str, str],
        scenes: Sequence[Scene] = (),
    ) -> None:
        """Prepare the sources.

        Args:
            samples: photographs of the training part.
            shares: by source (`gtsrb`, `lights`, ..., and `drawn`, `background`, `scenes`), how
                often it is drawn; the sum need not be 1.
            merge: label that is published, by label; those come equally often, not the finer ones.
            scenes: photographs of the training part that show none of the labels: `scenes` are
                windows of them, and signals are composed on such.

        Raises:
            TrainingError: a share names a source without samples.
        """
        self._strata = _by_stratum(samples)
        self._count = len(samples)
        known = {*self._strata, 'drawn', BACKGROUND, *(['scenes'] if scenes else [])}
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
        self._drawn = composition.drawn_signals() if shares.get('drawn') else {}
        self._drawn_weights = _balanced(
            list(self._drawn), [len(found) for found in self._drawn.values()]
        )
        self._scenes = _by_source(scenes)
        roots = np.sqrt([len(found) for found in self._scenes])
        self._scene_shares = roots / max(1.0, roots.sum())
        self._photographs = composition.photographed_backgrounds(samples)

    def __len__(self) -> int:
        return self._count

    def draw(
        self, epoch: int, index: int, height: int, width: int, random: np.random.Generator
    ) -> TrainingImage:
        """Return one image at a network's input size; only `random` decides which."""
        source = self._sources[int(random.choice(len(self._sources), p=self._shares))]
        canvas, label = self._canvas(source, random)
        image = crop_and_resize(Frame(degrade(canvas, random), 'rgb'), height, width)
        return TrainingImage(image, label)

    def _canvas(self, source: str, random: np.random.Generator) -> tuple[Pixels, str]:
        # What a camera far away or near by would give before the resize, in any aspect ratio.
        rows = round(np.exp(random.uniform(np.log(36), np.log(170))))
        columns = max(16, round(rows * 1.5 ** random.uniform(-1.0, 1.0)))
        if source == 'scenes':
            return self._window(random), BACKGROUND
        if source == BACKGROUND:
            return self._background(rows, columns, random), BACKGROUND
        if source == 'drawn':
            names = list(self._drawn)
            label = names[int(random.choice(len(names), p=self._drawn_weights))]
            drawing = self._drawn[label][int(random.integers(len(self._drawn[label])))]
            background = self._background(rows, columns, random)
            return composition.compose(drawing, background, _DRAWN_PLACEMENT, random), label
        strata = self._strata[source]
        stratum = strata[int(random.choice(len(strata), p=self._weights[source]))]
        group = stratum.groups[int(random.integers(len(stratum.groups)))]
        pixels = group[int(random.integers(len(group)))]
        if random.random() < _TIGHT_SHARE:
            rows, columns = pixels.shape[:2] if random.random() < 0.5 else (rows, columns)
            return composition.jitter(pixels, rows, columns, random), stratum.label
        cutout = composition.soft_cutout(pixels, random.uniform(0.0, 0.12))
        background = self._background(rows, columns, random)
        return composition.compose(cutout, background, _PHOTO_PLACEMENT, random), stratum.label

    def _background(self, rows: int, columns: int, random: np.random.Generator) -> Pixels:
        if self._scenes and random.random() < _ON_SCENES:
            return composition.stretch(self._window(random), rows, columns)
        return composition.random_background(rows, columns, self._photographs, random)

    def _window(self, random: np.random.Generator) -> Pixels:
        """Return a window of a scene; of each source as often as the root of its size says."""
        while True:
            source = random.choice(len(self._scenes), p=self._scene_shares)
            scenes = self._scenes[int(source)]
            window = scenes[int(random.integers(len(scenes)))].window(random)
            if window is not None:
                return window


def read_drives(folder: Path, worlds: Iterable[int], every: int) -> list[Sample]:
    """Return regions of interest of drives through random worlds, drawing those not there yet.

    Args:
        folder: where the crops are kept, for all runs beside it: a folder per world, in it one
            per label.
        worlds: seeds of `random_world`; each is a group.
        every: one frame in this many.

    Raises:
        TrainingError: the disk is full.
    """
    samples = []
    for world in worlds:
        place = folder / f'{world:05d}_every_{every}'
        if not place.is_dir():
            print(f'drawing a drive through world {world}', flush=True)
            _draw_whole(place, world, every)
        for labelled in sorted(path for path in place.iterdir() if path.is_dir()):
            for path in image_files(labelled):
                label = labelled.name
                group = f'drive/{world}'
                samples.append(Sample(read_rgb(path), label, group, 'drive', path.name))
    return samples


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


def _by_source(scenes: Sequence[Scene]) -> list[list[Scene]]:
    found: dict[str, list[Scene]] = defaultdict(list)
    for scene in scenes:
        found[scene.source].append(scene)
    return list(found.values())


def _balanced(labels: Sequence[str], counts: Sequence[int]) -> Floats:
    """Return the probability of each class, given its published label and number of groups."""
    if not counts:
        return np.zeros(0)
    natural = np.sqrt(np.array(counts, np.float64))
    natural /= natural.sum()
    names = np.array(labels)
    of_label = np.array([natural[names == label].sum() for label in labels])
    by_label = natural / of_label / len(set(labels))
    return np.asarray(0.5 * natural + 0.3 / len(counts) + 0.2 * by_label)


def _draw_whole(place: Path, world: int, every: int) -> None:
    """Draw all or nothing; another process may do the same at the same time."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix='.drawing', dir=place.parent) as scratch:
        drawn = Path(scratch) / 'drive'
        drawn.mkdir()
        _draw(drawn, world, every)
        try:
            drawn.rename(place)
        except OSError:
            # The other process was first, with the same pictures.
            if not place.is_dir():
                raise


def _draw(folder: Path, world: int, every: int) -> None:
    drive = Drive(random_world(world), seed=world)
    for index in range(0, len(drive), every):
        if not drive.truth(index).clear:
            continue
        frame = drive.frame(index)
        x, y, width, height = frame.roi
        crop = np.ascontiguousarray(frame.image[y : y + height, x : x + width, ::-1])
        (folder / frame.truth).mkdir(parents=True, exist_ok=True)
        file = folder / frame.truth / f'{index:04d}.png'
        if not cv2.imwrite(str(file), crop):
            raise TrainingError(f'cannot write {file}: is the disk full?')
