# SPDX-License-Identifier: Apache-2.0
"""Splits that keep groups together, keep proportions, and can be made again."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from training.configuration.settings import Data
from training.data.data_set import DataSet, Sample
from training.errors import TrainingError

PARTS = ('train', 'validation', 'test')


class Split(NamedTuple):
    """Which groups are for what."""

    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]

    def select(self, samples: Sequence[Sample], part: str) -> list[Sample]:
        """Return the samples of one part: `train`, `validation` or `test`."""
        groups = frozenset(getattr(self, part))
        return [sample for sample in samples if sample.group in groups]


def make_split(data_set: DataSet, settings: Data) -> Split:
    """Split groups class by class; each part gets at least one group of each class.

    Groups whose part the data set says stay there, and count towards its share; a part that the
    data set fills itself gets no others, and one that it leaves empty is taken out of its
    training groups. With `fraction`, that part of each class's training groups is left in, and
    the rest is unused: smaller fractions are parts of larger ones, and validation and test are
    the same for all.

    Args:
        data_set: the data; a group that spans classes counts for the most frequent.
        settings: shares and seed: the same give the same split, whatever the samples' order.

    Raises:
        TrainingError: a class has fewer groups than parts to fill, or none to train on.
    """
    fixed = {**data_set.parts, **dict.fromkeys(data_set.held_out, 'test')}
    given = set(data_set.parts.values())
    wanted = {
        'test': 0.0 if 'test' in given else settings.test_share,
        'validation': 0.0 if 'validation' in given else settings.validation_share,
    }
    found: dict[str, list[str]] = {part: [] for part in PARTS}
    for stratum, groups in _strata(data_set.samples).items():
        inside = {part: [g for g in groups if fixed.get(g) == part] for part in PARTS}
        # What the data say is for training may still be needed for another part.
        free = [g for g in groups if fixed.get(g, 'train') == 'train']
        needed = [part for part, share in wanted.items() if share > 0 and not inside[part]]
        if len(free) <= len(needed):
            raise TrainingError(_too_few(stratum, groups, free, needed))
        np.random.default_rng(_seed_of(settings.split_seed, stratum)).shuffle(free)
        for part, share in wanted.items():
            count = max(1, round(share * len(groups))) - len(inside[part]) if share else 0
            # One at least is left for each part that is still to come, and for training.
            left = 1 + (part == 'test' and 'validation' in needed)
            count = min(max(0, count), len(free) - left)
            found[part] += inside[part] + free[:count]
            free = free[count:]
        found['train'] += free[: max(1, round(settings.fraction * len(free)))]
    _check_labels(data_set.samples, frozenset(found['train']))
    return Split(*(tuple(sorted(found[part])) for part in PARTS))


def _too_few(
    stratum: str, groups: Sequence[str], free: Sequence[str], needed: Sequence[str]
) -> str:
    parts = ' and '.join(('train', *reversed(needed)))
    if not free:
        return (
            f'{stratum} has no images to train on: its {len(groups)} group(s) are all in '
            'validation or test; move some to training or leave the class out'
        )
    return (
        f'{stratum} has {len(free)} group(s) of near duplicates for {parts}, which need one each: '
        'add images or leave the class out'
    )


def _check_labels(samples: Sequence[Sample], train: frozenset[str]) -> None:
    learnt = {sample.label for sample in samples if sample.group in train}
    if missing := sorted({sample.label for sample in samples} - learnt):
        raise TrainingError(
            f'no image of {missing[0]} is left to train on, as it is only in groups that other '
            'labels have more images in: divide the groups, or use a larger data.fraction'
        )


def _strata(samples: Sequence[Sample]) -> dict[str, list[str]]:
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for sample in samples:
        votes[sample.group][f'{sample.source}/{sample.label}'] += 1
    strata: dict[str, list[str]] = defaultdict(list)
    for group, counts in sorted(votes.items()):
        strata[min(counts, key=lambda name: (-counts[name], name))].append(group)
    return dict(sorted(strata.items()))


def _seed_of(seed: int, stratum: str) -> int:
    digest = hashlib.sha256(f'{seed}/{stratum}'.encode()).digest()
    return int.from_bytes(digest[:8], 'little')
