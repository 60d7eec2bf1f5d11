# SPDX-License-Identifier: Apache-2.0
"""What labels of a data set must fulfil, whatever it was read from."""

from collections import Counter
from collections.abc import Iterable

from training.errors import TrainingError


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
