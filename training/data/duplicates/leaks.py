# SPDX-License-Identifier: Apache-2.0
"""Leaks of a split: pictures or groups that are in two of its parts; and how to keep them in one.

A network is tested on what it has learnt by heart then, and looks better than it is. Barz,
Denzler: Do we train on test data? Purging CIFAR of near-duplicates. J. Imaging 6 (2020).
"""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from training.configuration.records import Record
from training.data.data_set import PARTS, DataSet, Split, Window, make_split
from training.data.duplicates import copies
from training.data.duplicates.close_pairs import Components
from training.errors import TrainingError

if TYPE_CHECKING:
    # As in `data_set`: the tests of the runtime read data without what configurations need.
    from training.configuration import Data

GROUP = 'same group'
PIXELS = 'same pixels'
PICTURE = 'same picture'


class Leak(Record):
    """An image of validation or test that training, or validation, has as well.

    Attributes:
        kind: `same group`, `same pixels`, or `same picture`: re-encoded, resized or brightened.
        part: where the copy is.
        name: of the copy, within its source.
        label: of the copy.
        other_part: where the other one is.
        other_name: of the other one.
        other_label: of the other one.
        distance: of the two pictures (see `same_picture`), 0 for the same pixels.
    """

    kind: str
    part: str
    name: str
    label: str
    other_part: str
    other_name: str
    other_label: str
    distance: float


def find_leaks(
    data_set: DataSet, split: Split, fingerprints: copies.Fingerprints | None = None
) -> list[Leak]:
    """Return what is in two parts: one leak for each image of validation and test that leaks.

    Args:
        data_set: the data; every image is read, unless fingerprints are given.
        split: which groups are in which part; groups in none are left out.
        fingerprints: of `data_set.samples`.
    """
    samples = data_set.samples
    taken = copies.take_fingerprints(samples) if fingerprints is None else fingerprints
    part_of: dict[str, int] = {}
    leaks = []
    twice: list[tuple[str, int]] = []
    for part, groups in enumerate(split):
        for group in groups:
            if part_of.setdefault(group, part) != part:
                twice.append((group, part))
    for group, part in twice:
        sample = next((one for one in samples if one.group == group), None)
        name, label = (sample.name, sample.label) if sample else (group, '')
        other = PARTS[part_of[group]]
        leaks.append(Leak(GROUP, PARTS[part], name, label, other, name, label, 0.0))
    classes = np.array([part_of.get(sample.group, -1) for sample in samples], np.int64)
    for copy in copies.find_copies(samples, taken, classes):
        image, other_image = samples[copy.image], samples[copy.original]
        leaks.append(
            Leak(
                PICTURE if copy.difference else PIXELS,
                PARTS[classes[copy.image]],
                image.name,
                image.label,
                PARTS[classes[copy.original]],
                other_image.name,
                other_image.label,
                round(copy.difference.distance, 4) if copy.difference else 0.0,
            )
        )
    return leaks


def refuse_leaks(data_set: DataSet, split: Split) -> None:
    """Refuse a split that leaks, and images that cannot be read, as they cannot be compared.

    Args:
        data_set: the data; every image but windows is read.
        split: which groups are in which part.

    Raises:
        TrainingError: how many images leak, the first of them, and what to do; or which images
            cannot be read.
    """
    pictures = _pictures(data_set)
    taken = copies.take_fingerprints(pictures.samples)
    copies.refuse_unreadable(taken)
    if leaks := find_leaks(pictures, split, taken):
        raise TrainingError(
            f'the split leaks: {describe_leaks(leaks)}: remove the copies, or keep them in one '
            'part with --set data.group_duplicates=true, or train nevertheless with '
            '--set data.allow_leaks=true'
        )


def without_leaks(data_set: DataSet, settings: 'Data') -> tuple[DataSet, 'Data']:
    """Return data and settings whose split has no picture in two parts.

    Where a split leaks, copies of one picture are joined to groups, as `group_duplicates` of the
    settings does it, and that is said; the settings then have it, so that the same data are read
    again. Every image is read, unless the settings allow leaks.

    Args:
        data_set: read as the settings say.
        settings: shares and seed of the split, and what is allowed.

    Raises:
        TrainingError: the data name the parts themselves, and these leak; or images cannot be
            read, and so not compared.
    """
    if settings.allow_leaks:
        return data_set, settings
    pictures = _pictures(data_set)
    taken = copies.take_fingerprints(pictures.samples)
    copies.refuse_unreadable(taken)
    leaks = find_leaks(pictures, make_split(data_set, settings), taken)
    if not leaks:
        return data_set, settings
    grouped = group_duplicates(data_set, taken)
    settings = settings._replace(group_duplicates=True)
    split = make_split(grouped, settings)
    if left := find_leaks(_pictures(grouped), split, taken):
        raise TrainingError(
            f'the split leaks: {describe_leaks(left)}: remove the copies, or train nevertheless '
            'with --set data.allow_leaks=true'
        )
    print(
        f'kept copies of one picture in one part of the split, which would have had '
        f'{describe_leaks(leaks)} (data.group_duplicates=true)',
        flush=True,
    )
    return grouped, settings


def group_duplicates(
    data_set: DataSet, fingerprints: copies.Fingerprints | None = None
) -> DataSet:
    """Return the data with groups joined that hold copies of one picture.

    Groups whose part the data fix, or that are held out, stay as they are: what leaks between
    those, only the maker of the data can mend.

    Args:
        data_set: the data; every image but windows is read, unless fingerprints are given.
        fingerprints: of the samples that are no windows.
    """
    samples = _pictures(data_set).samples
    taken = copies.take_fingerprints(samples) if fingerprints is None else fingerprints
    names = sorted({sample.group for sample in data_set.samples})
    number = {name: place for place, name in enumerate(names)}
    fixed = {*data_set.parts, *data_set.held_out}
    of = np.array([-1 if one.group in fixed else number[one.group] for one in samples], np.int64)
    found = copies.find_copies(samples, taken, of)
    groups = Components(len(names))
    if found:
        groups.join(of[[copy.image for copy in found]], of[[copy.original for copy in found]])
    joined = groups.numbers()
    first_of: dict[int, str] = {}
    for name, component in zip(names, joined, strict=True):
        first_of.setdefault(component, name)
    new = {name: first_of[component] for name, component in zip(names, joined, strict=True)}
    return data_set._replace(
        samples=[sample._replace(group=new[sample.group]) for sample in data_set.samples],
        scenes=tuple(
            scene._replace(group=new.get(scene.group, scene.group)) for scene in data_set.scenes
        ),
    )


def _pictures(data_set: DataSet) -> DataSet:
    """Return the data without windows: those of sky look alike, wherever they are from."""
    pictures = [one for one in data_set.samples if not isinstance(one.image, Window)]
    return data_set._replace(samples=pictures)


def describe_leaks(leaks: Sequence[Leak]) -> str:
    """Say how many there are, and which is the first."""
    counts = Counter((leak.part, leak.other_part) for leak in leaks)
    where = ', '.join(
        f'{count} of {part} also in {other}' for (part, other), count in sorted(counts.items())
    )
    first = leaks[0]
    labels = '' if first.label == first.other_label else ', under another label'
    return (
        f'{where}, such as {first.name} ({first.part}) and {first.other_name} '
        f'({first.other_part}): {first.kind}{labels}'
    )
