# SPDX-License-Identifier: Apache-2.0
"""One labelled image in memory."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]


class Sample(NamedTuple):
    """A labelled image, and what must stay together when data are split.

    Attributes:
        pixels: (height, width, 3) uint8 RGB at the size it was recorded.
        label: name of the class that the network learns.
        group: images of one group are near duplicates (a track, a sequence): never split.
        stratum: class of the source, finer than `label` or equal; splits keep its proportions.
        source: the data set, such as `gtsrb`.
        name: file name within the source.
    """

    pixels: Pixels
    label: str
    group: str
    stratum: str
    source: str
    name: str
