# SPDX-License-Identifier: Apache-2.0
"""What readers share: image files and folders, and what their names and labels tell."""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from mobilenet_perception.frames.image_files import SUFFIXES, images_in
from training.errors import TrainingError

KNOWN = 'train, validation (or val) or test'
_PARTS = {
    'train': 'train',
    'training': 'train',
    'trainval': 'train',
    'val': 'validation',
    'valid': 'validation',
    'validation': 'validation',
    'dev': 'validation',
    'eval': 'validation',
    'evaluation': 'validation',
    'test': 'test',
    'testing': 'test',
    'holdout': 'test',
}
# What Kaggle and others call images to predict.
_UNLABELLED = frozenset({'pred', 'predict', 'prediction', 'unlabelled', 'unlabeled'})
_WORD = re.compile(r'[^\W\d_]+')
_HUMP = re.compile(r'(?<=[a-z])(?=[A-Z])')
_FOLD = re.compile(r'(k?fold|cv)[\W_]*\d+', re.IGNORECASE)


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


def part_named(name: str) -> str | None:
    """Return `train`, `validation` or `test` for a name of it; None: it names no part."""
    return _PARTS.get(name.strip().casefold())


def part_within(name: str) -> str | None:
    """Return the part that a word of a folder's name tells: `seg_train`, `test1`, `TrainSet`.

    None: no word of it names a part, or two do.
    """
    words = (word.casefold() for word in _WORD.findall(_HUMP.sub(' ', name)))
    found = {part for word in words if (part := _PARTS.get(word.removesuffix('set')))}
    return found.pop() if len(found) == 1 else None


def is_fold(name: str) -> bool:
    """Say whether a folder's name is that of a fold of a cross-validation: `fold_3`."""
    return _FOLD.fullmatch(name.strip()) is not None


def is_unlabelled(name: str) -> bool:
    """Say whether a folder's name tells that nobody has labelled what it holds: `seg_pred`."""
    return not _UNLABELLED.isdisjoint(_WORD.findall(name.casefold()))


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
