# SPDX-License-Identifier: Apache-2.0
"""What a network learns from is what the runtime will show it, and the same every time."""

from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from mobilenet_perception.frames import crop_and_resize, decode_file
from tests.training.fit.toy import COLOURS, OFF, squares
from training.configuration.settings import Augmentation, Configuration, Loss, Stage
from training.data.data_set import DataSet, Sample
from training.errors import TrainingError
from training.fit.images import StageImages, training_feed, validation_feed
from training.images.batches import Batches, ShuffledImages

STAGE = Stage(1, 20, 28)


def files(folder: Path) -> DataSet:
    """Return images in files of several formats and sizes, larger and smaller than the input."""
    random = np.random.default_rng(1)
    samples = []
    for index, (side, suffix) in enumerate([(90, 'png'), (45, 'jpg'), (17, 'bmp'), (300, 'jpg')]):
        path = folder / f'{index}.{suffix}'
        coarse = random.integers(0, 256, (8, 8, 3)).astype(np.uint8)
        cv2.imwrite(str(path), cv2.resize(coarse, (side, side * 2 // 3)))
        samples.append(Sample(path, COLOURS[index % 3], str(index), 'files', path.name))
    return DataSet(samples, COLOURS)


def batches(data_set: DataSet, **changes: object) -> Batches:
    configuration = Configuration('x', (STAGE,), augmentation=OFF, batch_size=4)
    configuration = configuration._replace(**changes)
    return StageImages(configuration, data_set, data_set.samples, Path()).batches(STAGE)


def seen(feed_of: Batches, epoch: int, steps: int, workers: int) -> list[npt.NDArray[np.uint8]]:
    feed = training_feed(feed_of, epoch, range(steps), workers)
    return [images.numpy() for images, _, _ in feed.data]


def test_the_network_sees_the_pixels_of_the_runtime(tmp_path: Path) -> None:
    data_set = files(tmp_path)
    runtime = {
        sample.label + sample.group: crop_and_resize(decode_file(sample.image), 20, 28)
        for sample in data_set.samples
        if isinstance(sample.image, Path)
    }
    validation = validation_feed(data_set.samples, COLOURS, 20, 28, 3)
    shown = np.concatenate([images.numpy() for images, _ in validation.data])
    np.testing.assert_array_equal(shown, np.stack(list(runtime.values())))
    (trained,) = seen(batches(data_set), 0, 1, 2)
    order = [
        int(np.argmin([np.abs(t - r.astype(int)).sum() for r in runtime.values()]))
        for t in trained.astype(int)
    ]
    assert sorted(order) == [0, 1, 2, 3]
    np.testing.assert_array_equal(trained, np.stack([list(runtime.values())[i] for i in order]))


def test_a_batch_is_the_same_whoever_makes_it() -> None:
    varied = batches(squares(20), augmentation=Augmentation(mixup=0.2, blur=0.5, noise=0.5))
    one = seen(varied, 3, 5, workers=1)
    many = seen(varied, 3, 5, workers=4)
    np.testing.assert_array_equal(one, many)
    assert not np.array_equal(one, seen(varied, 4, 5, workers=1))
    # From the midst of an epoch on, as after an interruption.
    feed = training_feed(varied, 3, range(3, 5))
    np.testing.assert_array_equal(one[3:], [images.numpy() for images, _, _ in feed.data])


def drawn(images: ShuffledImages, epoch: int, count: int) -> list[str]:
    random = np.random.default_rng(0)
    names = {sample.pixels.tobytes(): sample for sample in images._samples}
    return [
        names[images.draw(epoch, index, 24, 24, random).pixels.tobytes()].name
        for index in range(count)
    ]


def test_an_epoch_shows_each_image_once_in_an_order_of_its_own() -> None:
    data_set = squares(30)
    images = ShuffledImages(data_set.samples, 'natural', OFF, seed=1)
    first = drawn(images, 0, 30)
    assert sorted(first) == sorted(sample.name for sample in data_set.samples)
    assert drawn(images, 0, 30) == first
    assert drawn(images, 1, 30) != first
    assert drawn(ShuffledImages(data_set.samples, 'natural', OFF, seed=2), 0, 30) != first


def test_balanced_classes_come_equally_often() -> None:
    samples = [s for s in squares(60).samples if s.label != 'blue' or int(s.name) < 9]
    found = drawn(ShuffledImages(samples, 'balanced', OFF, seed=1), 0, 60)
    label_of = {sample.name: sample.label for sample in samples}
    assert set(Counter(label_of[name] for name in found).values()) == {20}
    blue = Counter(name for name in found if label_of[name] == 'blue')
    assert sorted(blue.values()) == [6, 7, 7]


def test_square_root_sampling_is_between_natural_and_balanced() -> None:
    samples = [s for s in squares(60).samples if s.label != 'blue' or int(s.name) < 14]
    label_of = {sample.name: sample.label for sample in samples}
    images = ShuffledImages(samples, 'square_root', OFF, seed=1)
    sizes = Counter(label_of.values())
    count = Counter(images.draw(0, i, 24, 24, np.random.default_rng(i)).label for i in range(900))
    roots = {label: np.sqrt(size) for label, size in sizes.items()}
    for label, root in roots.items():
        expected = 900 * root / sum(roots.values())
        assert abs(count[label] - expected) < 60, (count, sizes)
    assert 900 * sizes['blue'] / len(samples) + 60 < count['blue'] < 300 - 60


def test_some_labels_have_another_name_when_mirrored() -> None:
    pixels = np.zeros((24, 24, 3), np.uint8)
    pixels[:, :8, 0] = 255
    names = ('left', 'right', 'digit')
    samples = [Sample(pixels, name, name, 'test', name) for name in ('left', 'digit')]
    augmentation = OFF._replace(mirrored={'left': 'right', 'right': 'left'})
    images = ShuffledImages(samples, 'natural', augmentation, seed=1)
    random = np.random.default_rng(0)
    found = [images.draw(epoch, i, 24, 24, random) for epoch in range(50) for i in range(2)]
    count = Counter(draw.label for draw in found)
    assert count['digit'] == 50
    assert 15 < count['right'] < 35
    for draw in found:
        expected = pixels[:, ::-1] if draw.label == 'right' else pixels
        np.testing.assert_array_equal(draw.pixels, expected)
    assert set(count) == set(names)


def test_a_mirrored_label_must_be_known() -> None:
    augmentation = OFF._replace(mirrored={'red': 'purple'})
    with pytest.raises(TrainingError, match=r"mirrored names 'purple'.*choose from red"):
        batches(squares(6), augmentation=augmentation)


def test_targets_are_smoothed_and_images_weighed() -> None:
    loss = Loss(label_smoothing=0.3, class_weights=True)
    samples = list(squares(30).samples)
    uneven = DataSet(samples[:3] + [s for s in samples[3:] if s.label == 'red'], COLOURS)
    batch = batches(uneven, loss=loss, batch_size=12).batch(0, 0)
    np.testing.assert_allclose(sorted(batch.targets[0]), [0.1, 0.1, 0.8], atol=1e-6)
    red = batch.targets.argmax(axis=1) == 0
    rare = batch.weights[~red]
    assert len(rare) == 2
    # Of 12 images in 3 classes 10 are red.
    np.testing.assert_allclose(batch.weights[red], 12 / 3 / 10, rtol=1e-6)
    np.testing.assert_allclose(rare, 12 / 3, rtol=1e-6)


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    data_set = files(tmp_path)
    (tmp_path / '1.jpg').write_bytes(b'no image')
    feed = training_feed(batches(data_set), 0, range(1))
    with (
        pytest.raises(TrainingError, match=r'1\.jpg: no image.*mend or remove'),
        feed.own_errors(),
    ):
        list(feed.data)
    stray = DataSet(squares(4).samples, ('red', 'green'))
    with pytest.raises(TrainingError, match="labelled 'blue', which the data set does not list"):
        batches(stray).batch(0, 0)
