# SPDX-License-Identifier: Apache-2.0
"""Unknown pictures: folders of what shows none of a network's labels, and its scores of them.

Each sub-folder is a source. Pictures below one of its own folders, or of a track by their names,
are alike: a group.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames import Frame, RegionOfInterest, crop, decode_file
from mobilenet_perception.frames.image_files import (
    folders_in,
    groups_by_name,
    images_in,
    left_out,
    left_out_words,
)
from mobilenet_perception.recordings.labels import plain_label
from mobilenet_perception.tools.bundle.windows import random_of, random_window
from mobilenet_perception.tools.terminal import Progress, notify

Pixels = npt.NDArray[np.uint8]
Scores = npt.NDArray[np.float32]
Look = Callable[[Frame, RegionOfInterest | None], Scores]
"""Gives (labels,) probabilities of a region of a frame; None: of all of it."""


class SourcePicture(NamedTuple):
    """A picture file.

    Attributes:
        path: of the file.
        source: the sub-folder it is of.
        group: pictures of one group are alike.
        name: of its source and file.
        truth: position of the label that its sub-folder is named after; -1: none of them.
    """

    path: Path
    source: str
    group: str
    name: str
    truth: int = -1


class Sight(NamedTuple):
    """What was looked at: a picture, or a region of it.

    Attributes:
        picture: of which.
        roi: the region; None: all of it.
        name: of its source and file, and which of its regions.
    """

    picture: SourcePicture
    roi: RegionOfInterest | None
    name: str

    def pixels(self) -> Pixels:
        """Return what was seen, (height, width, 3) uint8 RGB.

        Raises:
            PerceptionError: the file cannot be read any more.
        """
        frame = decode_file(self.picture.path)
        return frame.rgb() if self.roi is None else crop(frame, self.roi).rgb()


class Seen(NamedTuple):
    """Sights, and the (sights, labels) probabilities that each network gives, by its name."""

    sights: list[Sight]
    scores: dict[str, Scores]


def find_source_pictures(
    folders: Sequence[Path], labels: Sequence[str] = ()
) -> list[SourcePicture]:
    """Return the pictures in and below folders; a folder without sub-folders is a source itself.

    Args:
        folders: one or more.
        labels: a sub-folder with the name of one holds pictures that show it.

    Raises:
        PerceptionError: there is no such folder, or no picture in it.
    """
    truths = {plain_label(label): position for position, label in enumerate(labels)}
    found: list[SourcePicture] = []
    for folder in folders:
        if not folder.is_dir():
            raise PerceptionError(f'no folder {folder}: give folders of PNG or JPEG files')
        if words := left_out_words(left_out(folder.rglob('*')), folder):
            notify(f'note: {words}')
        sources = [(folder.resolve().name, folder, False)]
        sources += [(place.name, place, True) for place in folders_in(folder)]
        pictures = [
            SourcePicture(*picture, truth=truths.get(plain_label(source), -1) if below else -1)
            for source, place, below in sources
            for picture in _pictures(source, place, below)
        ]
        if not pictures:
            raise PerceptionError(f'{folder} holds no image: give PNG or JPEG files')
        found += pictures
    return found


def look_at(
    pictures: Sequence[SourcePicture], networks: Mapping[str, Look], windows: int = 0
) -> Seen:
    """Return what networks say of pictures, as they are, and of some random windows of each.

    The windows are always the same. A picture that cannot be read is told of and left out.

    Args:
        pictures: to look at.
        networks: by name.
        windows: of each picture, beside all of it.

    Raises:
        PerceptionError: none of them can be read.
    """
    sights: list[Sight] = []
    rows: dict[str, list[Scores]] = {name: [] for name in networks}
    with Progress('pictures', len(pictures)) as progress:
        for done, picture in enumerate(pictures, 1):
            progress(done)
            try:
                frame = decode_file(picture.path)
            except PerceptionError as error:
                notify(f'note: {error}; it is left out')
                continue
            for sight in _sights(picture, frame, windows):
                sights.append(sight)
                for name, look in networks.items():
                    rows[name].append(look(frame, sight.roi).copy())
    if not sights:
        raise PerceptionError('none of the pictures can be read: give PNG or JPEG files')
    return Seen(sights, {name: np.stack(found) for name, found in rows.items()})


def _pictures(source: str, place: Path, deep: bool) -> Iterator[tuple[Path, str, str, str]]:
    """Yield path, source, group and name of what lies in a folder; `deep`: and below it."""
    paths = images_in(place)
    groups = groups_by_name(paths) or [path.name for path in paths]
    for path, group in zip(paths, groups, strict=True):
        yield path, source, f'{source}/{group}', f'{source}/{path.name}'
    for below in folders_in(place) if deep else ():
        for path in _below(below):
            name = f'{source}/{path.relative_to(place).as_posix()}'
            yield path, source, name.rpartition('/')[0], name


def _below(folder: Path) -> Iterator[Path]:
    yield from images_in(folder)
    for below in folders_in(folder):
        yield from _below(below)


def _sights(picture: SourcePicture, frame: Frame, windows: int) -> Iterator[Sight]:
    yield Sight(picture, None, picture.name)
    random = random_of(picture.path.name)
    for number in range(windows):
        roi = random_window(frame.width, frame.height, random)
        if roi is not None:
            yield Sight(picture, roi, f'{picture.name}#{number}')
