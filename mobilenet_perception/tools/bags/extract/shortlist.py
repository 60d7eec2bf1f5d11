# SPDX-License-Identifier: Apache-2.0
"""The few files worth most, while more come in: others are deleted at once.

How sure a bundle is of a frame, and whether it is right.
"""

import hashlib
import heapq
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mobilenet_perception.system.files import write_atomically
from mobilenet_perception.tools.bags.extract.manifest import Extracted


class Shortlist:
    """Images in a folder, at most a number of them: those with the smallest margin.

    Without margins they are drawn by lot, the same ones every time.

    Args:
        folder: where their files are.
        most: how many; None: all.
    """

    def __init__(self, folder: Path, most: int | None) -> None:
        self._folder = folder
        self._most = most
        # The worst comes first.
        self._heap: list[tuple[float, str, Extracted]] = []

    def wants(self, item: Extracted) -> bool:
        """Say whether an image would be among them."""
        if self._most is None or len(self._heap) < self._most:
            return True
        worst_rank, worst_path, _ = self._heap[0]
        return (-_rank(item), item.path) > (worst_rank, worst_path)

    def add(self, item: Extracted, content: bytes) -> None:
        """Write a wanted image, and delete what it displaces.

        Raises:
            OSError: it cannot be written.
        """
        write_atomically(self._folder / item.path, content)
        heapq.heappush(self._heap, (-_rank(item), item.path, item))
        if self._most is not None and len(self._heap) > self._most:
            _, path, _ = heapq.heappop(self._heap)
            self._delete(self._folder / path)

    def items(self) -> list[Extracted]:
        """Return them: the most uncertain first, or in the order of their paths."""
        items = [item for _, _, item in self._heap]
        return sorted(items, key=lambda item: (item.margin or 0.0, item.path))

    def _delete(self, file: Path) -> None:
        """Delete a file, and the folders of its group and label if it was their last."""
        file.unlink()
        for place in file.parents[:2]:
            with suppress(OSError):
                place.rmdir()


def _rank(item: Extracted) -> float:
    if item.margin is not None:
        return item.margin
    digest = hashlib.sha256(f'{item.bag}/{item.camera}/{item.stamp_ns}'.encode()).digest()
    return int.from_bytes(digest[:6], 'big') / 2**48


class Opinion(NamedTuple):
    """What a bundle makes of a frame: see `manifest.Extracted`."""

    answer: str
    score: float | None
    margin: float | None


NO_OPINION = Opinion('', None, None)


def opinion_of(
    scores: npt.NDArray[np.float32], labels: Sequence[str], truth: str | None
) -> Opinion:
    """Return the best label, its score, and the margin: negative where another label is right.

    The margin as a measure of doubt: Scheffer, Decomain, Wrobel: Active hidden Markov models for
    information extraction, IDA 2001.

    Args:
        scores: (labels,) probabilities.
        labels: their names.
        truth: the right label; None, or one that the bundle does not know: the best is taken.
    """
    best = int(scores.argmax())
    right = labels.index(truth) if truth in labels else best
    margin = float(scores[right] - np.delete(scores, right).max())
    return Opinion(labels[best], float(scores[best]), margin)
