# SPDX-License-Identifier: Apache-2.0
"""A folder per class, `root/<class>/*.jpg`, or per part: `root/{train,val,test}/<class>/`.

What readers share: image files and folders, and what their names and labels tell.

File names tell groups: `00014_00003_00029.png` is frame 29 of the track 00014_00003.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from mobilenet_perception.frames import SUFFIXES
from training.data.data_set import DataSet, Sample
from training.errors import TrainingError

KNOWN = 'train, validation (or val) or test'
_PARTS = {
    'train': 'train',
    'training': 'train',
    'val': 'validation',
    'valid': 'validation',
    'validation': 'validation',
    'dev': 'validation',
    'test': 'test',
    'testing': 'test',
}
_FRAME_OF = re.compile(r'(.*\d)[_-]\d+\Z')
_FEWEST_GROUPS = 5
_FRAMES = 2


def require_folder(folder: Path, what: str) -> Path:
    """Return the folder.

    Raises:
        TrainingError: there is none.
    """
    if not folder.is_dir():
        raise TrainingError(f'no folder {folder}: give --data a folder that holds {what}')
    return folder


def image_files(folder: Path) -> list[Path]:
    """Return the image files directly in a folder, sorted by name.

    Raises:
        TrainingError: there is none.
    """
    found = images_in(folder)
    if not found:
        raise TrainingError(
            f'{folder} holds no image ({", ".join(sorted(SUFFIXES))}): remove or fill it'
        )
    return found


def images_in(folder: Path) -> list[Path]:
    """Return the image files directly in a folder, sorted by name; hidden files are none."""
    found = (path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    return sorted(path for path in found if not path.name.startswith('.') and path.is_file())


def folders_in(folder: Path) -> list[Path]:
    """Return the folders directly in a folder, sorted; those that tools leave behind are none."""
    found = (path for path in folder.iterdir() if path.is_dir())
    return sorted(path for path in found if not path.name.startswith(('.', '__')))


def groups_by_name(paths: Sequence[Path]) -> list[str] | None:
    """Return the group of each image of a class, if names tell of tracks; else None.

    They do if every name is that of a numbered track and a number within it, there are 5 tracks
    or more, and they have 2 frames or more on average. A mere count, as in `image_0001.jpg`,
    tells of no track.
    """
    matches = [_FRAME_OF.match(path.stem) for path in paths]
    tracks = [match[1] for match in matches if match]
    sizes = Counter(tracks)
    if len(tracks) < len(paths) or len(sizes) < _FEWEST_GROUPS:
        return None
    return tracks if len(paths) >= _FRAMES * len(sizes) else None


def part_named(name: str) -> str | None:
    """Return `train`, `validation` or `test` for a name of it; None: it names no part."""
    return _PARTS.get(name.strip().casefold())


def checked_labels(labels: Iterable[str], where: str) -> tuple[str, ...]:
    """Return each label once, sorted.

    Args:
        labels: of every image.
        where: what was read, for the message.

    Raises:
        TrainingError: there is no image, one label only, a label with a single image, or two
            labels that differ in case, spaces or dashes alone.
    """
    counts = Counter(labels)
    if not counts:
        raise TrainingError(f'{where} holds no images: give labelled images')
    alike: dict[str, str] = {}
    for label in sorted(counts):
        other = alike.setdefault(_folded(label), label)
        if other != label:
            raise TrainingError(
                f'{where} has the labels {other!r} ({counts[other]} images) and {label!r} '
                f'({counts[label]}), which differ in case, spaces or dashes alone: make them one'
            )
    if len(counts) == 1:
        raise TrainingError(
            f'{where} has one label only, {next(iter(counts))!r}: a classifier needs two or more'
        )
    if single := sorted(label for label, count in counts.items() if count == 1):
        raise TrainingError(
            f'{where} has a single image of {single[0]!r}: training, validation and test need '
            'one each, so add images or leave the label out'
        )
    return tuple(sorted(counts))


def _folded(label: str) -> str:
    return ' '.join(label.replace('_', ' ').replace('-', ' ').casefold().split())


SOURCE = 'folder'


def read_folder(folder: Path) -> DataSet:
    """Read a folder per class; images stay in their files until they are needed.

    A folder below a class is a group (`stop/session_3/*.jpg`); otherwise the names of the files
    may tell (see `name_groups`); otherwise each image is a group of its own.

    Raises:
        TrainingError: there are no class folders, one is empty, a part has an unknown name, or
            labels are too few or differ in case alone.
    """
    require_folder(folder, 'a folder of images per class')
    samples: list[Sample] = []
    parts: dict[str, str] = {}
    for part, place in _parts(folder):
        found = [s for label in _classes(place) for s in _read_class(label, folder)]
        samples += found
        if part:
            parts.update((sample.group, part) for sample in found)
    labels = checked_labels((sample.label for sample in samples), str(folder))
    return DataSet(samples, labels, parts=parts)


def _parts(folder: Path) -> list[tuple[str | None, Path]]:
    """Return the folders that hold class folders, each with its part, if it is one."""
    children = folders_in(folder)
    named = {child: part_named(child.name) for child in children}
    # A class may be called `train`, too; then it holds images, and its neighbours are classes.
    if 'train' not in named.values() or any(p and images_in(c) for c, p in named.items()):
        return [(None, folder)]
    known = [part for part in named.values() if part]
    if unknown := [child.name for child, part in named.items() if part is None]:
        if len(known) < 2:
            return [(None, folder)]
        raise TrainingError(
            f'{folder} holds folders of parts and {unknown[0]!r}, which is none: name it {KNOWN}'
        )
    if len(set(known)) < len(known):
        names = ', '.join(child.name for child in children)
        raise TrainingError(f'{folder} holds two folders of one part ({names}): make them one')
    return [(part, child) for child, part in named.items()]


def _classes(place: Path) -> list[Path]:
    found = folders_in(place)
    if not found:
        what = 'images but no class folders' if images_in(place) else 'no class folders'
        raise TrainingError(f'{place} holds {what}: give a folder of images per class')
    return found


def _read_class(folder: Path, root: Path) -> Iterator[Sample]:
    empty = True
    for place in _places(folder):
        deeper = place != folder
        paths = images_in(place)
        empty = empty and not paths
        tracks = None if deeper else groups_by_name(paths)
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
    for child in folders_in(folder):
        yield from _places(child)
