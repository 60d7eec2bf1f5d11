# SPDX-License-Identifier: Apache-2.0
"""Scenes: photographs that show none of the labels, and the windows that are taken of them.

A region of interest may have any size and shape and lie anywhere: a network that knew only whole
photographs of nothing would be sure of any corner of them.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mobilenet_perception.street import Box
from mobilenet_perception.street.signals import BACKGROUND
from mobilenet_perception.tools.bundle.windows import random_of, random_window
from training.data.data_set import Pixels, Sample, Window, read_rgb

MOST_WINDOWS = 24
"""Windows of one scene that networks are judged by, at most: more would be alike."""


class Scene(NamedTuple):
    """A photograph that shows none of the labels, but for what is boxed.

    Attributes:
        path: the file.
        group: scenes of one group are alike: never split.
        source: the data set, such as `street_photos`.
        shown: what of it shows one of the labels, or may, as shares of its width and height: no
            window has any of it.
    """

    path: Path
    group: str
    source: str
    shown: tuple[Box, ...] = ()

    def window(self, random: np.random.Generator) -> Pixels | None:
        """Return what a random window shows, (rows, columns, 3) uint8 RGB; None: none was found.

        Raises:
            TrainingError: the file is not a readable image.
        """
        pixels = read_rgb(self.path)
        window = self.place_window(pixels, random)
        return None if window is None else window.cut(pixels)

    def place_window(self, pixels: Pixels, random: np.random.Generator) -> Window | None:
        """Return a random window that shows nothing of what is boxed; None: none was found.

        See `random_window`.

        Args:
            pixels: of the file.
            random: the source of chance.
        """
        height, width = pixels.shape[:2]
        found = random_window(width, height, random, self.shown)
        return None if found is None else Window(self.path, *found)


def scene_samples(scenes: Sequence[Scene], count: int) -> Iterator[Sample]:
    """Yield some windows of each scene, always the same, to judge a network by.

    Raises:
        TrainingError: a file is not a readable image.
    """
    for scene in scenes:
        random = random_of(scene.path.name)
        pixels = read_rgb(scene.path)
        for number in range(count):
            window = scene.place_window(pixels, random)
            if window is not None:
                name = f'{scene.path.stem}_{number}'
                yield Sample(window, BACKGROUND, scene.group, scene.source, name)


def grown(box: Box, share: float) -> Box:
    """Return a box with a share of its width and height more on each side."""
    across, down = share * box.width, share * box.height
    return Box(box.left - across, box.top - down, box.right + across, box.bottom + down)
