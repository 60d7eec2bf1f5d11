# SPDX-License-Identifier: Apache-2.0
"""Splits keep what they promise, whatever the data are like."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from training.configuration.settings import Data
from training.data.data_set import PARTS, DataSet, Sample, make_split
from training.errors import TrainingError

_NOTHING = np.zeros((8, 8, 3), np.uint8)


def sample(group: str, label: str) -> Sample:
    return Sample(_NOTHING, label, group, 'some', 'x')


def data_of(counts: dict[str, int], parts: dict[str, str] | None = None) -> DataSet:
    samples = [sample(f'{label}{i}', label) for label, n in counts.items() for i in range(n)]
    return DataSet(samples, tuple(counts), parts=parts or {})


def random_data(seed: int) -> DataSet:
    """Return data of a random kind: some groups fixed or held out, some spanning labels."""
    random = np.random.default_rng(seed)
    labels = [f'label{i}' for i in range(int(random.integers(2, 6)))]
    samples = []
    for label in labels:
        for number in range(int(random.integers(6, 40))):
            images = int(random.integers(1, 5))
            samples += [sample(f'{label}/{number}', label) for _ in range(images)]
            if random.random() < 0.05:
                samples.append(sample(f'{label}/{number}', labels[0]))
    groups = sorted({one.group for one in samples})
    parts: dict[str, str] = {}
    held_out = frozenset[str]()
    if random.random() < 0.4:
        names = [('train', 'test'), ('train', 'validation'), PARTS][int(random.integers(3))]
        for label in labels:
            own = [group for group in groups if group.startswith(f'{label}/')]
            parts |= {group: names[i % 4 % len(names)] for i, group in enumerate(own)}
    elif random.random() < 0.5:
        held_out = frozenset(groups[:: int(random.integers(5, 20))])
    return DataSet(samples, tuple(labels), parts=parts, held_out=held_out)


@pytest.mark.parametrize('seed', range(60))
def test_every_split_keeps_groups_whole_and_covers_everything(seed: int) -> None:
    data_set = random_data(seed)
    settings = Data(split_seed=seed)
    split = make_split(data_set, settings)
    found = Counter(group for part in split for group in part)
    assert set(found) == {one.group for one in data_set.samples}
    assert set(found.values()) == {1}
    part_of = {group: part for part in PARTS for group in getattr(split, part)}
    given = set(data_set.parts.values())
    for group, part in data_set.parts.items():
        # Training groups may have to serve for a part that the data leave out.
        assert part_of[group] == part or (part == 'train' and part_of[group] not in given)
    assert all(part_of[group] == 'test' for group in data_set.held_out)
    for label in data_set.labels:
        for groups in split:
            assert label in {s.label for s in data_set.samples if s.group in groups}
    backwards = data_set._replace(samples=data_set.samples[::-1])
    assert make_split(backwards, settings) == split


def test_shares_hold_class_by_class_and_the_seed_decides() -> None:
    data_set = data_of({'a': 100, 'b': 20})
    split = make_split(data_set, Data(split_seed=1))
    for label, counts in (('a', (70, 10, 20)), ('b', (14, 2, 4))):
        assert tuple(sum(g[0] == label for g in part) for part in split) == counts
    assert make_split(data_set, Data(split_seed=2)) != split


def test_smaller_fractions_are_parts_of_larger_ones() -> None:
    data_set = data_of({'a': 90, 'b': 13})
    splits = [make_split(data_set, Data(fraction=f)) for f in (0.01, 0.1, 0.35, 0.8, 1.0)]
    for small, large in pairwise(splits):
        assert set(small.train) < set(large.train)
        assert (small.validation, small.test) == (large.validation, large.test)
    assert {group[0] for group in splits[0].train} == {'a', 'b'}


def test_validation_is_taken_from_train_where_the_data_have_none() -> None:
    parts = {f'{label}{i}': 'test' if i < 10 else 'train' for label in 'ab' for i in range(50)}
    split = make_split(data_of({'a': 50, 'b': 50}, parts), Data())
    assert set(split.test) == {group for group, part in parts.items() if part == 'test'}
    assert [len(part) for part in split] == [70, 10, 20]


def test_a_class_that_the_given_test_part_lacks_is_still_trained_on() -> None:
    parts = {f'a{i}': 'test' if i < 5 else 'train' for i in range(20)}
    parts |= {f'b{i}': 'train' for i in range(20)}
    split = make_split(data_of({'a': 20, 'b': 20}, parts), Data())
    assert not [group for group in split.test if group[0] == 'b']
    assert [group for group in split.validation if group[0] == 'b']


@pytest.mark.parametrize(
    ('counts', 'parts', 'sentence'),
    [
        ({'a': 9, 'b': 2}, {}, 'some/b has 2 group.* for train and validation and test'),
        ({'a': 3, 'b': 1}, {}, 'some/b has 1 group'),
        (
            {'a': 4, 'b': 2},
            {**{f'a{i}': PARTS[i % 3] for i in range(4)}, 'b0': 'test', 'b1': 'test'},
            'some/b has no images to train on: its 2 group',
        ),
    ],
)
def test_a_class_with_too_few_groups_is_refused(
    counts: dict[str, int], parts: dict[str, str], sentence: str
) -> None:
    with pytest.raises(TrainingError, match=sentence):
        make_split(data_of(counts, parts), Data())


def test_a_label_that_only_rides_along_in_other_groups_is_not_lost_unseen() -> None:
    data_set = data_of({'a': 10, 'b': 10})
    rare = [sample('a0', 'c')]
    full = data_set._replace(samples=[*data_set.samples, sample('a0', 'a'), *rare])
    outcomes, refused = set(), 0
    for seed in range(20):
        try:
            split = make_split(full, Data(split_seed=seed))
            outcomes.add('a0' in split.train)
        except TrainingError as error:
            assert 'no image of c is left to train on' in str(error)
            refused += 1
    assert outcomes == {True}
    assert 0 < refused < 20


def test_seventy_thousand_groups_are_split_at_once() -> None:
    samples = [sample(str(i), str(i % 10)) for i in range(70_000)]
    parts = {str(i): 'test' if i < 10_000 else 'train' for i in range(70_000)}
    split = make_split(DataSet(samples, tuple('0123456789'), parts=parts), Data())
    assert [len(part) for part in split] == [53_000, 7_000, 10_000]
