# SPDX-License-Identifier: Apache-2.0
"""Drawn drives as training images: what a robot's regions of interest show on random streets."""

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from mobilenet_perception.simulation import Drive, random_world
from training.data.files import image_files
from training.data.sample import Sample, read_rgb

_DONE = 'complete'


def read_drives(folder: Path, worlds: Iterable[int], every: int) -> list[Sample]:
    """Return regions of interest of drives through random worlds, drawing those not there yet.

    Args:
        folder: where the crops are kept: a folder per world, in it a folder per label.
        worlds: seeds of `random_world`; each is a group.
        every: one frame in this many.
    """
    samples = []
    for world in worlds:
        place = folder / f'{world:05d}'
        if not (place / _DONE).is_file():
            print(f'drawing a drive through world {world}', flush=True)
            _draw(place, world, every)
        for labelled in sorted(path for path in place.iterdir() if path.is_dir()):
            for path in image_files(labelled):
                label = labelled.name
                group = f'drive/{world}'
                samples.append(Sample(read_rgb(path), label, group, 'drive', path.name))
    return samples


def _draw(folder: Path, world: int, every: int) -> None:
    drive = Drive(random_world(world), seed=world)
    for index in range(0, len(drive), every):
        if not drive.truth(index).clear:
            continue
        frame = drive.frame(index)
        x, y, width, height = frame.roi
        crop = np.ascontiguousarray(frame.image[y : y + height, x : x + width, ::-1])
        (folder / frame.truth).mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / frame.truth / f'{index:04d}.png'), crop)
    (folder / _DONE).touch()
