# SPDX-License-Identifier: Apache-2.0
"""Negatives of any data set: photographs that show none of its labels, as the label `background`.

They are what a data set labels so itself, and folders of pictures beside it. A region of interest
may have any size and shape, so they are seen whole and as random windows: some that are always the
same, to judge by, and others each time that one is drawn to train on. Of what `training mine`
wrote, each picture is such a window already, and belongs to the picture that it is of.
"""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mobilenet_perception.street.signals import BACKGROUND
from mobilenet_perception.tools.bundle.unknown_pictures import find_source_pictures
from training.data.data_set import DataSet, Pixels, Sample, Window
from training.data.scenes import MOST_WINDOWS, Scene, scene_samples
from training.errors import TrainingError

MINED_LIST = 'mined.csv'
"""What `training mine` writes beside its pictures: file, picture, and where in it."""
SOURCE = 'negatives'
# Of the training images, where there are so many: a network that saw more would forget the rest.
SHARE = 0.3
_MINED = 'mined/'
# Of these: hard ones, where there are so many.
_HARD = 0.5
# To judge by: windows of all photographs. Of fewer frames no rate of false decisions such as 1 in
# 200 can be told.
_WINDOWS = 4000
# Of what is drawn: whole pictures.
_WHOLE = 0.25


def with_negatives(data_set: DataSet, folders: Sequence[str]) -> DataSet:
    """Return the data with the photographs of folders, and windows of all that show nothing.

    A data set that has scenes of its own keeps them as they are.

    Args:
        data_set: as it was read; what of it is labelled `background` counts, if it is files.
        folders: of pictures that show none of the labels.

    Raises:
        PerceptionError: a folder holds no picture.
        TrainingError: a folder is missing, or a picture cannot be read.
    """
    own = [] if data_set.scenes else [s for s in data_set.samples if _is_photograph(s)]
    samples, scenes = list(data_set.samples), [_scene(sample) for sample in own]
    mined = []
    for folder in map(Path, folders):
        if not folder.is_dir():
            raise TrainingError(
                f'no folder {folder} of negatives: give --negatives what is there, or put back '
                'what the run was trained with'
            )
        if (folder / MINED_LIST).is_file():
            mined.append(folder)
            continue
        found = [
            Sample(one.path, BACKGROUND, f'{SOURCE}/{one.group}', SOURCE, one.name)
            for one in find_source_pictures([folder])
        ]
        samples += found
        scenes += (_scene(sample) for sample in found)
    if not scenes and not mined:
        return data_set
    windows = min(MOST_WINDOWS, -(-_WINDOWS // len(scenes))) if scenes else 0
    known = {scene.path.resolve(): scene.group for scene in (*scenes, *data_set.scenes)}
    for folder in mined:
        samples += _mined(folder, known)
    labels = data_set.labels
    if BACKGROUND not in {data_set.merge.get(label, label) for label in labels}:
        labels = (*labels, BACKGROUND)
    return data_set._replace(
        samples=[*samples, *scene_samples(scenes, windows)],
        labels=labels,
        scenes=(*data_set.scenes, *scenes),
    )


def thinned(samples: Sequence[Sample], seed: int) -> list[Sample]:
    """Return samples of which at most 3 in 10 show nothing, chosen by the seed.

    What was mined comes first, for up to half of these.
    """
    nothing = [place for place, sample in enumerate(samples) if sample.label == BACKGROUND]
    most = round(SHARE / (1 - SHARE) * (len(samples) - len(nothing)))
    if not 0 < most < len(nothing):
        return list(samples)
    order = np.random.default_rng(seed).permutation(nothing).tolist()
    hard = [place for place in order if samples[place].name.startswith(_MINED)]
    first = hard[: round(_HARD * most)]
    kept = frozenset([*first, *(place for place in order if place not in set(first))][:most])
    out = frozenset(nothing) - kept
    return [sample for place, sample in enumerate(samples) if place not in out]


class NegativeWindows(NamedTuple):
    """Draws other windows in place of those of a training part, of any of its photographs.

    Attributes:
        scenes: photographs of the training part, by source; each source is drawn as often as the
            root of its size says.
    """

    scenes: tuple[tuple[Scene, ...], ...]

    def draw(self, sample: Sample, random: np.random.Generator) -> Pixels:
        """Return the pixels of a sample; for a window, those of another one, or a whole picture.

        Raises:
            TrainingError: a picture cannot be read.
        """
        if not isinstance(sample.image, Window) or not self.scenes:
            return sample.pixels
        roots = np.sqrt([len(found) for found in self.scenes])
        scenes = self.scenes[int(random.choice(len(roots), p=roots / roots.sum()))]
        scene = scenes[int(random.integers(len(scenes)))]
        if not scene.shown and random.random() < _WHOLE:
            return Sample(scene.path, BACKGROUND, scene.group, scene.source, '').pixels
        window = scene.window(random)
        return sample.pixels if window is None else window


def negative_windows(scenes: Sequence[Scene], train: Sequence[Sample]) -> NegativeWindows:
    """Return what draws windows of those scenes that are in the training part."""
    groups = {sample.group for sample in train}
    by_source: dict[str, list[Scene]] = {}
    for scene in scenes:
        if scene.group in groups:
            by_source.setdefault(scene.source, []).append(scene)
    return NegativeWindows(tuple(map(tuple, by_source.values())))


def _is_photograph(sample: Sample) -> bool:
    return sample.label == BACKGROUND and isinstance(sample.image, Path)


def _scene(sample: Sample) -> Scene:
    assert isinstance(sample.image, Path)
    return Scene(sample.image, sample.group, sample.source)


def _mined(folder: Path, known: dict[Path, str]) -> Iterator[Sample]:
    """Yield what was mined; a window is of the group of its picture: both are in one part."""
    with (folder / MINED_LIST).open(newline='', encoding='utf-8') as file:
        for row in csv.DictReader(file):
            picture = Path(row['picture'])
            group = known.get(picture.resolve(), f'{SOURCE}/{picture.name}')
            path = folder / row['file']
            # What a person has looked at and removed is in the list still.
            if path.is_file():
                yield Sample(path, BACKGROUND, group, SOURCE, f'{_MINED}{path.name}')
