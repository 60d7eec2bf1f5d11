# SPDX-License-Identifier: Apache-2.0
"""Splits into training, validation and test: stratified, reproducible, groups kept together."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np

from training.data.sample import Sample
from training.errors import TrainingError


class Split(NamedTuple):
    """Which groups are for what."""

    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]

    def select(self, samples: Sequence[Sample], part: str) -> list[Sample]:
        """Return the samples of one part: `train`, `validation` or `test`."""
        groups = frozenset(getattr(self, part))
        return [sample for sample in samples if sample.group in groups]


def split_by_group(
    samples: Sequence[Sample],
    validation_share: float,
    test_share: float,
    seed: int,
    held_out: Collection[str] = (),
) -> Split:
    """Split groups within each stratum; each part gets at least one group of each.

    Args:
        samples: the data; a group that spans strata counts for that of its first sample.
        validation_share: part of the groups for validation, 0 to 1.
        test_share: part of the groups for the test, 0 to 1.
        seed: the same seed, groups and shares give the same split, whatever their order.
        held_out: groups that must be in the test, and count towards its share.

    Raises:
        TrainingError: a stratum has fewer groups than parts to fill.
    """
    stratum_of: dict[str, str] = {}
    for sample in samples:
        stratum_of.setdefault(sample.group, f'{sample.source}/{sample.stratum}')
    members: dict[str, list[str]] = defaultdict(list)
    for group, stratum in sorted(stratum_of.items()):
        members[stratum].append(group)
    train: list[str] = []
    validation: list[str] = []
    test: list[str] = []
    for stratum, groups in sorted(members.items()):
        if len(groups) < 3:
            raise TrainingError(
                f'{stratum} has {len(groups)} group(s) of near duplicates, and training, '
                'validation and test need one each: add images or leave the class out'
            )
        forced = [group for group in groups if group in held_out]
        free = [group for group in groups if group not in held_out]
        np.random.default_rng(_seed_of(seed, stratum)).shuffle(free)
        want_test = max(1, round(test_share * len(groups)), len(forced))
        want_validation = max(1, round(validation_share * len(groups)))
        for_test = want_test - len(forced)
        test += forced + free[:for_test]
        validation += free[for_test : for_test + want_validation]
        train += free[for_test + want_validation :]
    return Split(tuple(sorted(train)), tuple(sorted(validation)), tuple(sorted(test)))


def _seed_of(seed: int, stratum: str) -> int:
    digest = hashlib.sha256(f'{seed}/{stratum}'.encode()).digest()
    return int.from_bytes(digest[:8], 'little')
