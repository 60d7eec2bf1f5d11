# SPDX-License-Identifier: Apache-2.0
"""Drawn drives as training images: what a robot's regions of interest show on random streets."""

import tempfile
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from mobilenet_perception.street import Drive, random_world
from training.data.readers.files import image_files
from training.data.sample import Sample, read_rgb
from training.errors import TrainingError


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
