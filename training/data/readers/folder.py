# SPDX-License-Identifier: Apache-2.0
"""A folder per class, `root/<class>/*.jpg`, or per part: `root/{train,val,test}/<class>/`."""

from collections.abc import Iterator
from pathlib import Path

from training.data.data_set import DataSet, Sample
from training.data.readers import files
from training.errors import TrainingError

SOURCE = 'folder'


def read_folder(folder: Path) -> DataSet:
    """Read a folder per class; images stay in their files until they are needed.

    A folder below a class is a group (`stop/session_3/*.jpg`); otherwise the names of the files
    may tell (see `name_groups`); otherwise each image is a group of its own.

    Raises:
        TrainingError: there are no class folders, one is empty, a part has an unknown name, or
            labels are too few or differ in case alone.
    """
    files.require_folder(folder, 'a folder of images per class')
    samples: list[Sample] = []
    parts: dict[str, str] = {}
    for part, place in _parts(folder):
        found = [s for label in _classes(place) for s in _read_class(label, folder)]
        samples += found
        if part:
            parts.update((sample.group, part) for sample in found)
    labels = files.checked_labels((sample.label for sample in samples), str(folder))
    return DataSet(samples, labels, parts=parts)


def _parts(folder: Path) -> list[tuple[str | None, Path]]:
    """Return the folders that hold class folders, each with its part, if it is one."""
    children = files.folders_in(folder)
    named = {child: files.part_named(child.name) for child in children}
    # A class may be called `train`, too; then it holds images, and its neighbours are classes.
    if 'train' not in named.values() or any(p and files.images_in(c) for c, p in named.items()):
        return [(None, folder)]
    known = [part for part in named.values() if part]
    if unknown := [child.name for child, part in named.items() if part is None]:
        if len(known) < 2:
            return [(None, folder)]
        raise TrainingError(
            f'{folder} holds folders of parts and {unknown[0]!r}, which is none: name it '
            f'{files.KNOWN}'
        )
    if len(set(known)) < len(known):
        names = ', '.join(child.name for child in children)
        raise TrainingError(f'{folder} holds two folders of one part ({names}): make them one')
    return [(part, child) for child, part in named.items()]


def _classes(place: Path) -> list[Path]:
    found = files.folders_in(place)
    if not found:
        what = 'images but no class folders' if files.images_in(place) else 'no class folders'
        raise TrainingError(f'{place} holds {what}: give a folder of images per class')
    return found


def _read_class(folder: Path, root: Path) -> Iterator[Sample]:
    empty = True
    for place in _places(folder):
        deeper = place != folder
        paths = files.images_in(place)
        empty = empty and not paths
        tracks = None if deeper else files.groups_by_name(paths)
        for index, path in enumerate(paths):
            name = path.relative_to(root).as_posix()
            within = place.relative_to(root).as_posix()
            group = f'{within}/{tracks[index]}' if tracks else within if deeper else name
            yield Sample(path, folder.name, f'{SOURCE}/{group}', SOURCE, name)
    if empty:
        raise TrainingError(f'{folder} holds no image: fill the class, or remove its folder')


def _places(folder: Path) -> Iterator[Path]:
    """Give a folder and all folders below it."""
    yield folder
    for child in files.folders_in(folder):
        yield from _places(child)
