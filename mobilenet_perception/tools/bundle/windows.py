# SPDX-License-Identifier: Apache-2.0
"""Random windows of a picture: what regions of interest of any size and shape show of it."""

from collections.abc import Sequence

import numpy as np

from mobilenet_perception.frames import RegionOfInterest
from mobilenet_perception.street import Box

# Shortest side of a window, in pixels, and how long it may be beside that.
_SHORTEST, _LONGEST = 16, 2.2
# Tries to find a window that leaves out what is to be left out.
_TRIES = 12
# Of a box or of a window, the part from which one shows the other.
_SHOWN = 0.1


def random_of(name: str) -> np.random.Generator:
    """Return the source of chance of a picture's windows: by its file's name, always the same."""
    return np.random.default_rng([*name.encode()])


def random_window(
    width: int, height: int, random: np.random.Generator, shown: Sequence[Box] = ()
) -> RegionOfInterest | None:
    """Return a random window that shows nothing of some boxes; None: none was found.

    Its short side is anything from 16 pixels to the whole picture, small ones as often as large
    ones, and it is up to 2.2 times as long.

    Args:
        width: of the picture, in pixels.
        height: of the picture, in pixels.
        random: the source of chance.
        shown: what to leave out, as shares of width and height.
    """
    shortest = min(height, width)
    for _ in range(_TRIES):
        low = np.log(min(_SHORTEST, shortest))
        side = np.exp(random.uniform(low, np.log(shortest)))
        shape = _LONGEST ** random.uniform(-1.0, 1.0)
        columns = max(1, min(width, round(side * max(1.0, shape))))
        rows = max(1, min(height, round(side * max(1.0, 1 / shape))))
        x, y = int(random.integers(width - columns + 1)), int(random.integers(height - rows + 1))
        box = Box(x / width, y / height, (x + columns) / width, (y + rows) / height)
        if not any(_shows(box, one) for one in shown):
            return RegionOfInterest(x, y, columns, rows)
    return None


def _shows(window: Box, shown: Box) -> bool:
    return window.shared_area(shown) > _SHOWN * min(window.area, shown.area)
