# SPDX-License-Identifier: Apache-2.0
"""Inspect a data set and its split."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training.configuration.settings import Data
from training.data.data_set import DataSet, data_hash
from training.data.duplicates.copies import Copy, find_copies
from training.data.duplicates.fingerprints import take_fingerprints
from training.data.duplicates.leaks import find_leaks
from training.data.inspection.image_formats import odd_formats
from training.data.inspection.inspection import Copied, Inspection, LabelCount, Spread, Unreadable
from training.data.progress import in_parallel
from training.data.sample import Sample
from training.data.splits import PARTS, Split, make_split
from training.errors import TrainingError

UNUSED = 'unused'


def inspect_data(data_set: DataSet, split: Split | Data) -> Inspection:
    """Read every image and return what was found; shows progress.

    Args:
        data_set: the data.
        split: of the data, or the settings to make it with; where none can be made, the reason
            is part of what was found.
    """
    samples, problem = data_set.samples, ''
    if isinstance(split, Data):
        try:
            split = make_split(data_set, split)
        except TrainingError as error:
            split, problem = Split((), (), ()), str(error)
    taken = take_fingerprints(samples)
    names = {name: number for number, name in enumerate(sorted({s.group for s in samples}))}
    groups = np.array([names[sample.group] for sample in samples], np.int64)
    copies = tuple(_copied(copy, samples) for copy in find_copies(samples, taken, groups))
    readable = taken.sizes[(taken.sizes > 0).all(axis=1)].astype(np.float64)
    formats, examples = _formats(samples)
    labels = _labels(data_set, split)
    counts = [label.total for label in labels if label.total]
    digests = Counter(digest for digest in taken.digests if digest)
    return Inspection(
        sha256=data_hash(samples),
        images=len(samples),
        groups=len(names),
        labels=labels,
        imbalance=max(counts) / min(counts) if counts else 0.0,
        height=_spread(readable[:, 0]),
        width=_spread(readable[:, 1]),
        aspect=_spread(readable[:, 1] / readable[:, 0]),
        unreadable=tuple(
            Unreadable(samples[place].name, reason) for place, reason in taken.unreadable.items()
        ),
        formats=formats,
        format_examples=examples,
        repeated=sum(count - 1 for count in digests.values()),
        copies=copies,
        conflicts=tuple(copy for copy in copies if copy.label != copy.original_label),
        leaks=tuple(find_leaks(data_set, split, taken)),
        problem=problem,
    )


def part_by_group(split: Split) -> dict[str, str]:
    """Return the part of each group."""
    return {group: part for part in PARTS for group in getattr(split, part)}


def _labels(data_set: DataSet, split: Split) -> tuple[LabelCount, ...]:
    part_of = part_by_group(split)
    images: Counter[tuple[str, str]] = Counter()
    groups: dict[tuple[str, str], set[str]] = {}
    for sample in data_set.samples:
        key = (sample.label, part_of.get(sample.group, UNUSED))
        images[key] += 1
        groups.setdefault(key, set()).add(sample.group)
    parts = (*PARTS, UNUSED)
    return tuple(
        LabelCount(
            label,
            {part: images[label, part] for part in parts},
            {part: len(groups.get((label, part), ())) for part in parts},
        )
        for label in data_set.labels
    )


def _copied(copy: Copy, samples: Sequence[Sample]) -> Copied:
    image, original = samples[copy.image], samples[copy.original]
    distance = round(copy.difference.distance, 4) if copy.difference else 0.0
    return Copied(
        copy.image,
        image.name,
        image.label,
        copy.original,
        original.name,
        original.label,
        distance,
        copy.difference is None,
    )


def _formats(samples: Sequence[Sample]) -> tuple[dict[str, int], dict[str, str]]:
    counts: Counter[str] = Counter()
    examples: dict[str, str] = {}
    files = [(s.name, s.image) for s in samples if isinstance(s.image, Path)]
    found = in_parallel(lambda file: odd_formats(file[1]), files, 'file headers read')
    for (name, _), odd in zip(files, found, strict=True):
        for one in odd:
            counts[one] += 1
            examples.setdefault(one, name)
    return dict(counts), examples


def _spread(values: npt.NDArray[np.float64]) -> Spread:
    if not values.size:
        return Spread(0.0, 0.0, 0.0)
    return Spread(float(values.min()), float(np.median(values)), float(values.max()))
