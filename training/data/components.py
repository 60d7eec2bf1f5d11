# SPDX-License-Identifier: Apache-2.0
"""Groups that grow as pairs are found: whoever is joined to the same is in one group."""

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from training.data.close_pairs import Places


class Components:
    """Connected components of things numbered from 0, to which pairs can be added."""

    def __init__(self, count: int) -> None:
        """Start with every thing on its own."""
        self._of: Places = np.arange(count, dtype=np.int64)

    def apart(self, first: Places, second: Places) -> npt.NDArray[np.bool_]:
        """Say of some pairs whether they are in different groups so far."""
        return np.asarray(self._of[first] != self._of[second])

    def join(self, first: Places, second: Places) -> None:
        """Put each pair into one group."""
        if not self.apart(first, second).any():
            return
        count = int(self._of.max()) + 1
        links = (np.ones(len(first), np.int8), (self._of[first], self._of[second]))
        _, merged = connected_components(coo_array(links, shape=(count, count)), directed=False)
        self._of = merged[self._of].astype(np.int64)

    def numbers(self) -> list[int]:
        """Return the number of each thing's group, counted from 0 as they first appear."""
        _, at, inverse = np.unique(self._of, return_index=True, return_inverse=True)
        rank = np.empty(len(at), np.int64)
        rank[np.argsort(at)] = np.arange(len(at))
        return [int(number) for number in rank[inverse]]
