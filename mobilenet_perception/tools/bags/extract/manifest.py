# SPDX-License-Identifier: Apache-2.0
"""The list of what was extracted: its images, the few worth most among them, and their groups."""

import csv
import hashlib
import heapq
import io
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.recordings.storage import SUFFIXES
from mobilenet_perception.system.files import write_atomically

FILE = 'manifest.csv'
# Data sets have no class of a name that begins so: training does not read this folder.
UNLABELLED = '__unlabelled'
# In place of an id where a region has none.
WITHOUT_ID = 'without_id'
# However long a label stays, a segment ends after so many times its length.
_MOST_LENGTHS = 3


class ExtractedImage(NamedTuple):
    """One image, a row of the manifest.

    Attributes:
        path: of its file, relative to the folder of the manifest.
        label: what it shows; empty: not known.
        group: images of one group must stay together in a split.
        answer: label that the bundle gives it; empty: no bundle was asked.
        score: of the answer, 0 to 1.
        margin: by how much the score of the right label, or of the answer where none is known, is
            above that of the next: small where the bundle is in doubt, negative where it is wrong.
        camera: name of the camera.
        stamp_ns: its capture stamp, in nanoseconds.
        bag: name of the recording.
        id: of the thing that a region named; empty: there is none, or it is a whole frame.
    """

    path: str
    label: str
    group: str
    answer: str
    score: float | None
    margin: float | None
    camera: str
    stamp_ns: int
    bag: str
    id: str = ''


def manifest_text(rows: Iterable[ExtractedImage]) -> str:
    """Return a manifest, a CSV table that `python -m training` reads too."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator='\n')
    writer.writerow(ExtractedImage._fields)
    for row in rows:
        score, margin = (
            '' if value is None else f'{value:.4f}' for value in (row.score, row.margin)
        )
        writer.writerow(row._replace(score=score, margin=margin))  # type: ignore[arg-type]
    return text.getvalue()


def bag_names(bags: Iterable[Path]) -> dict[Path, str]:
    """Return a name for each recording, fit for folders.

    Raises:
        PerceptionError: two recordings have one name.
    """
    names: dict[str, Path] = {}
    for bag in bags:
        name = bag.resolve().name
        if bag.is_file():
            name = next((name.removesuffix(s) for s in SUFFIXES if name.endswith(s)), name)
        name = file_part(name, 'bag')
        if name in names:
            raise PerceptionError(
                f'{names[name]} and {bag} are both called {name}, and groups are named after '
                'their bag: rename one, or extract them into two folders'
            )
        names[name] = bag
    return {bag: name for name, bag in names.items()}


def folder_of(label: str) -> str:
    """Return the folder of a label.

    Raises:
        PerceptionError: it cannot name one, or training would not see it as a class.
    """
    if not label or label.startswith(('.', '__')) or re.search(r'[/\\\x00-\x1f]', label):
        raise PerceptionError(
            f'the label {label!r} cannot name a folder of images: give it a name without '
            'slashes that does not begin with a dot or two underscores'
        )
    return label


def file_part(name: str, default: str = WITHOUT_ID) -> str:
    """Return a name, such as a thing's id, as a part of file names; the default where none is."""
    return re.sub(r'[^A-Za-z0-9.-]+', '_', name).strip('._') or default


class Sightings:
    """Numbers what a camera has in view: the same number while something of it stays in view."""

    def __init__(self) -> None:
        self._ids: dict[str, set[str]] = {}
        self._numbers: dict[str, int] = {}

    def number(self, camera: str, ids: set[str]) -> str:
        """Return the number of the next frame of a camera, which shows things of these ids."""
        if ids and not ids & self._ids.get(camera, ids):
            self._numbers[camera] = self._numbers.get(camera, 0) + 1
        if ids:
            self._ids[camera] = ids
        return str(self._numbers.get(camera, 0))


class Segments:
    """Numbers the segments of one recording.

    A segment ends where one of its cameras sees another label for the first time after its
    length has passed, so that no encounter is cut in two; or where three times the length has.
    All cameras share it: they may look at the same thing.

    Args:
        length_s: in seconds.
    """

    def __init__(self, length_s: float) -> None:
        self._length_ns = length_s * 1e9
        self._number = 0
        self._start_ns: int | None = None
        self._labels: dict[str, str | None] = {}

    def number(self, camera: str, label: str | None, log_ns: int) -> int:
        """Return the segment, counted from 0, of the next frame.

        Args:
            camera: that it is of.
            label: that it shows; None: not known.
            log_ns: when it was recorded, in nanoseconds.
        """
        if self._start_ns is None:
            self._start_ns = log_ns
        changed = self._labels.get(camera, label) != label
        self._labels[camera] = label
        passed_ns = log_ns - self._start_ns
        if passed_ns >= self._length_ns * (1 if changed else _MOST_LENGTHS):
            self._number += 1
            self._start_ns = log_ns
        return self._number


class Prediction(NamedTuple):
    """What a bundle makes of a frame: see `ExtractedImage`."""

    answer: str
    score: float | None
    margin: float | None


NO_PREDICTION = Prediction('', None, None)


def prediction_of(
    scores: npt.NDArray[np.float32], labels: Sequence[str], truth: str | None
) -> Prediction:
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
    return Prediction(labels[best], float(scores[best]), margin)


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
        self._heap: list[tuple[float, str, ExtractedImage]] = []

    def wants(self, item: ExtractedImage) -> bool:
        """Say whether an image would be among them."""
        if self._most is None or len(self._heap) < self._most:
            return True
        worst_rank, worst_path, _ = self._heap[0]
        return (-_rank(item), item.path) > (worst_rank, worst_path)

    def add(self, item: ExtractedImage, content: bytes) -> None:
        """Write a wanted image, and delete what it displaces.

        Raises:
            OSError: it cannot be written.
        """
        write_atomically(self._folder / item.path, content)
        heapq.heappush(self._heap, (-_rank(item), item.path, item))
        if self._most is not None and len(self._heap) > self._most:
            _, path, _ = heapq.heappop(self._heap)
            self._delete(self._folder / path)

    def items(self) -> list[ExtractedImage]:
        """Return them: the most uncertain first, or in the order of their paths."""
        items = [item for _, _, item in self._heap]
        return sorted(items, key=lambda item: (item.margin or 0.0, item.path))

    def _delete(self, file: Path) -> None:
        """Delete a file, and the folders of its group and label if it was their last."""
        file.unlink()
        for place in file.parents[:2]:
            with suppress(OSError):
                place.rmdir()


def _rank(item: ExtractedImage) -> float:
    if item.margin is not None:
        return item.margin
    digest = hashlib.sha256(f'{item.bag}/{item.camera}/{item.stamp_ns}'.encode()).digest()
    return int.from_bytes(digest[:6], 'big') / 2**48
