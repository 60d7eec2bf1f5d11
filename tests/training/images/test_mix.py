# SPDX-License-Identifier: Apache-2.0
"""MixUp and CutMix: targets say exactly what the images show."""

import numpy as np

from tests.training.images.off import OFF
from training.configuration.settings import Augmentation
from training.data.data_set import Pixels, Targets
from training.images.augment import mix_batch

COUNT = 24


def batch() -> tuple[Pixels, Targets]:
    """Return images of one colour each, 10 levels apart, and one-hot targets."""
    levels = np.arange(COUNT, dtype=np.uint8) * 10
    return np.tile(levels[:, None, None, None], (1, 31, 47, 3)), np.eye(COUNT, dtype=np.float32)


def test_off_gives_the_same_arrays() -> None:
    images, targets = batch()
    mixed = mix_batch(images, targets, OFF, np.random.default_rng(0))
    assert mixed.images is images
    assert mixed.targets is targets


def test_shapes_types_and_the_given_arrays_stay() -> None:
    for augmentation in (OFF._replace(mixup=0.2), OFF._replace(cutmix=1.0)):
        images, targets = batch()
        mixed = mix_batch(images, targets, augmentation, np.random.default_rng(1))
        assert mixed.images.shape == images.shape
        assert mixed.images.dtype == np.uint8
        assert mixed.targets.shape == targets.shape
        assert mixed.targets.dtype == np.float32
        assert np.allclose(mixed.targets.sum(axis=1), 1, atol=1e-6)
        assert (mixed.targets >= 0).all()
        assert not np.array_equal(mixed.images, images)
        again, expected = batch()
        assert np.array_equal(images, again)
        assert np.array_equal(targets, expected)


def test_mixup_targets_match_the_mix() -> None:
    images, targets = batch()
    for seed in range(10):
        mixed = mix_batch(images, targets, OFF._replace(mixup=1.0), np.random.default_rng(seed))
        expected = mixed.targets @ images[:, 0, 0, 0]
        assert np.ptp(mixed.images, axis=(1, 2, 3)).max() == 0
        assert np.abs(mixed.images[:, 0, 0, 0] - expected).max() < 0.51


def test_mixup_shares_follow_the_beta_distribution() -> None:
    images, targets = batch()
    shares = []
    for seed in range(40):
        mixed = mix_batch(images, targets, OFF._replace(mixup=0.2), np.random.default_rng(seed))
        shares.append(np.diag(mixed.targets))
    # Var of beta(a, a) is 1 / (4 (2 a + 1)); an image may be mixed with itself, once a batch.
    assert abs(np.mean(shares) - 0.5) < 0.06
    assert abs(np.var(shares) - 1 / (4 * 1.4)) < 0.03


def test_cutmix_pasted_area_is_the_share_of_the_label() -> None:
    images, targets = batch()
    pasted = 0
    for seed in range(10):
        mixed = mix_batch(images, targets, OFF._replace(cutmix=1.0), np.random.default_rng(seed))
        for i, (image, target) in enumerate(zip(mixed.images, mixed.targets, strict=True)):
            for other in np.nonzero(target)[0]:
                area = (image == images[other, 0, 0, 0]).all(axis=2)
                assert abs(area.mean() - target[other]) < 1e-6
                if other != i:
                    pasted += 1
                    rows, columns = np.nonzero(area)
                    assert area.sum() == (np.ptp(rows) + 1) * (np.ptp(columns) + 1)
    assert pasted > 150


def test_each_batch_takes_one_of_two_ways_that_are_on() -> None:
    images, targets = batch()
    both: Augmentation = OFF._replace(mixup=1.0, cutmix=1.0)
    cut = 0
    for seed in range(60):
        mixed = mix_batch(images, targets, both, np.random.default_rng(seed))
        cut += bool(np.ptp(mixed.images, axis=(1, 2, 3)).any())
    assert 18 < cut < 42


def test_the_same_chance_gives_the_same_batch() -> None:
    images, targets = batch()
    both = OFF._replace(mixup=0.4, cutmix=0.4)
    for seed in range(4):
        first, second = (
            mix_batch(images, targets, both, np.random.default_rng(seed)) for _ in range(2)
        )
        assert np.array_equal(first.images, second.images)
        assert np.array_equal(first.targets, second.targets)


def test_a_batch_of_one_stays_what_it_is() -> None:
    images, targets = batch()
    mixed = mix_batch(images[:1], targets[:1], OFF._replace(mixup=1.0), np.random.default_rng(0))
    assert np.array_equal(mixed.images, images[:1])
    assert np.allclose(mixed.targets, targets[:1])
