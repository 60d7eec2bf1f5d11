# SPDX-License-Identifier: Apache-2.0
"""One labelled image, in memory or in its file."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mobilenet_perception.errors import FrameError
from mobilenet_perception.frames import decode_file
from training.errors import TrainingError

Pixels = npt.NDArray[np.uint8]


class Sample(NamedTuple):
    """A labelled image, and what must stay together when data are split.

    Attributes:
        image: (height, width, 3) uint8 RGB at the size it was recorded, or the file to read.
        label: name of the class that the network learns; splits keep the classes' proportions.
        group: images of one group are near duplicates (a track, a sequence): never split.
        source: the data set, such as `gtsrb`.
        name: file name within the source.
    """

    image: Pixels | Path
    label: str
    group: str
    source: str
    name: str

    @property
    def pixels(self) -> Pixels:
        """The image, (height, width, 3) uint8 RGB; read from its file each time, if it has one.

        Raises:
            TrainingError: the file is not a readable image.
        """
        return read_rgb(self.image) if isinstance(self.image, Path) else self.image


def read_rgb(path: Path) -> Pixels:
    """Return an image file as (height, width, 3) uint8 RGB, decoded as the runtime does.

    Raises:
        TrainingError: the file is not a readable image.
    """
    try:
        return decode_file(path).rgb()
    except FrameError as error:
        raise TrainingError(f'{error}: mend or remove it') from error
