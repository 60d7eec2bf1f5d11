# SPDX-License-Identifier: Apache-2.0
"""A folder per class, `root/<class>/*.jpg`, or per part: `root/{train,val,test}/<class>/`.

Folders of parts may be named and nested as data sets are published:
`root/seg_train/seg_train/<class>/`, with `seg_pred/` beside it that nobody has labelled.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from mobilenet_perception.frames.image_files import (
    folders_in,
    groups_by_name,
    images_in,
    left_out,
    left_out_words,
)
from mobilenet_perception.recordings.labels import canonical_label
from training.data.data_set import DataSet, Sample
from training.data.readers import files
from training.errors import TrainingError

SOURCE = 'folder'
# A folder that holds class folders, by the part that it is; None: the data name no parts.
_Parts = list[tuple[str | None, Path]]


def read_folder(folder: Path) -> DataSet:
    """Read a folder per class; images stay in their files until they are needed.

    A folder below a class is a group (`stop/session_3/*.jpg`); otherwise the names of the files
    may tell (see `groups_by_name`); otherwise each image is a group of its own.

    Raises:
        TrainingError: there are no class folders, one is empty, a part has an unknown name, it
            is not clear what is a part and what a class, or labels are too few or differ in case
            alone.
    """
    files.require_folder(folder, 'a folder of images per class')
    found, unlabelled = _parts(_unwrapped(folder))
    samples: list[Sample] = []
    parts: dict[str, str] = {}
    for part, place in found:
        of_part = [s for label in _classes(place) for s in _read_class(label, folder)]
        samples += of_part
        if part:
            parts.update((sample.group, part) for sample in of_part)
    labels = files.checked_labels((sample.label for sample in samples), str(folder))
    return DataSet(samples, labels, parts=parts, notes=tuple(_notes(folder, found, unlabelled)))


def _unwrapped(folder: Path) -> Path:
    """Return the folder below that holds the parts, where folders of one folder wrap them.

    A wrapper of classes is taken off only if it is called `train`, or as what it wraps,
    `photos/photos/`: any other could be a class, and what it holds its groups.
    """
    place = unwrapped = folder
    while (child := _only_child(place)) is not None and not images_in(child):
        if child.name == place.name or files.part_within(child.name) == 'train' or _named(child):
            unwrapped = child
        place = child
    return unwrapped


def _only_child(folder: Path) -> Path | None:
    children = folders_in(folder)
    return children[0] if len(children) == 1 and not images_in(folder) else None


def _named(folder: Path) -> Mapping[Path, str]:
    """Return the parts that the folders in a folder are, if they are a layout of parts.

    They are if one is for training and another for something else, by their whole names or, if
    each has one, by a word of it. A class may be called `train`, too; then it holds images, and
    its neighbours are classes.
    """
    children = [c for c in folders_in(folder) if not files.is_unlabelled(c.name)]
    exact = {c: part for c in children if (part := files.part_named(c.name))}
    worded = {c: part for c in children if (part := files.part_within(c.name))}
    named = worded if len(worded) == len(children) else exact
    training = [child for child, part in named.items() if part == 'train']
    others = len(folders_in(folder)) > 1
    if not training or not others or any(not folders_in(c) for c in training):
        return {}
    return named


def _parts(folder: Path) -> tuple[_Parts, list[Path]]:
    """Return the folders that hold class folders, and those of images without labels."""
    children = folders_in(folder)
    named = _named(folder)
    unknown = [c for c in children if c not in named and not files.is_unlabelled(c.name)]
    if not named or (unknown and len(named) == 1):
        _refuse_parts_as_classes(folder)
        return [(None, folder)], []
    if unknown:
        raise TrainingError(
            f'{folder} holds folders of parts and {unknown[0].name!r}, which is none: name it '
            f'{files.KNOWN}'
        )
    # A test part without class folders is what a competition keeps the labels of.
    labelled = {child: part for child, part in named.items() if folders_in(child)}
    if len(set(labelled.values())) < len(labelled):
        names = ', '.join(child.name for child in labelled)
        raise TrainingError(f'{folder} holds two folders of one part ({names}): make them one')
    for child in labelled:
        if images_in(child):
            raise TrainingError(
                f'{child} holds images beside its class folders: move them into a class, or out'
            )
    unlabelled = [child for child in children if child not in labelled]
    return [(part, _undoubled(child, part)) for child, part in labelled.items()], unlabelled


def _undoubled(place: Path, part: str) -> Path:
    """Return the folder with the classes of a part: `seg_train/seg_train/` is one."""
    while (child := _only_child(place)) is not None and (
        child.name == place.name or files.part_within(child.name) == part
    ):
        place = child
    return place


def _refuse_parts_as_classes(folder: Path) -> None:
    """Raise an error where folders that seem to be parts, or to wrap, would become labels."""
    children = folders_in(folder)
    nested = [c for c in children if not images_in(c) and _has_folders_of_images(c)]
    if len(children) == 1 and nested:
        raise TrainingError(
            f'{folder} holds a single folder of folders, {nested[0].name!r}: if those are the '
            f'classes, give --data {nested[0]}'
        )
    if len(children) > 1 and all(files.part_within(child.name) for child in children):
        names = ', '.join(child.name for child in children)
        raise TrainingError(
            f'{folder} holds parts ({names}), but none to train on with a folder per class: name '
            f'them {files.KNOWN}, or list the images in a CSV file with columns path, label, split'
        )
    if len(nested) > 1 and all(files.is_fold(child.name) for child in children):
        raise TrainingError(
            f'{folder} holds the folds of a cross-validation ({nested[0].name}, ...), not '
            f'classes: name them {files.KNOWN}, or give --data {nested[0]}'
        )
    for child in nested:
        below = {files.part_within(place.name) for place in folders_in(child)}
        if 'train' in below and None not in below and len(below) > 1:
            raise TrainingError(
                f'{child} holds parts within a class: put the parts above the classes '
                f'(train/{child.name}/), or list the images in a CSV file with columns path, '
                'label, split'
            )
        # A class may be called `train`, but hardly `seg_train`.
        if files.part_within(child.name) and not files.part_named(child.name):
            raise TrainingError(
                f'{folder} holds {child.name!r}, which looks like a part of the data, not like a '
                f'class: name all folders beside it {files.KNOWN}, or give a folder of classes'
            )


def _has_folders_of_images(folder: Path) -> bool:
    return any(images_in(place) for place in _places(folder) if place != folder)


def _classes(place: Path) -> list[Path]:
    found = folders_in(place)
    if not found:
        what = 'images but no class folders' if images_in(place) else 'no class folders'
        raise TrainingError(f'{place} holds {what}: give a folder of images per class')
    return found


def _read_class(folder: Path, root: Path) -> Iterator[Sample]:
    empty = True
    label = canonical_label(folder.name)
    for place in _places(folder):
        deeper = place != folder
        paths = images_in(place)
        empty = empty and not paths
        tracks = None if deeper else groups_by_name(paths)
        for index, path in enumerate(paths):
            name = path.relative_to(root).as_posix()
            within = place.relative_to(root).as_posix()
            group = f'{within}/{tracks[index]}' if tracks else within if deeper else name
            yield Sample(path, label, f'{SOURCE}/{group}', SOURCE, name)
    if empty:
        raise TrainingError(f'{folder} holds no image: fill the class, or remove its folder')


def _notes(folder: Path, found: _Parts, unlabelled: list[Path]) -> Iterator[str]:
    counts: Counter[str] = Counter()
    for _, place in found:
        for below in _places(place):
            counts += left_out(below.iterdir())
    if words := left_out_words(counts, folder):
        yield words
    for place in unlabelled:
        images = sum(len(images_in(below)) for below in _places(place))
        yield f'{place}: {images} image(s) without labels are left out'


def _places(folder: Path) -> Iterator[Path]:
    """Give a folder and all folders below it."""
    yield folder
    for child in folders_in(folder):
        yield from _places(child)
