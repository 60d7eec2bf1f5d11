# SPDX-License-Identifier: Apache-2.0
"""Weights from files of Keras 2 and 3, from runs, and from nowhere."""

from pathlib import Path

import keras
import numpy as np
import pytest

from tests.training.networks.weights.keras2 import write_keras2
from training.configuration.file import default_data
from training.errors import TrainingError
from training.networks import NetworkSettings, build_network
from training.networks.weights import load_weights
from training.networks.weights.files import StoredLayer, layers_of

SETTINGS = NetworkSettings(32, 32, 0.25, 7, 0.0)
WEIGHTS = default_data() / 'weights'
V1 = WEIGHTS / 'mobilenet_1_0_224_tf.h5'
V2 = WEIGHTS / 'mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_224_no_top.h5'


def network(seed: int, **changes: object) -> keras.Model:
    keras.utils.set_random_seed(seed)
    return build_network('mobilenet_v1', SETTINGS._replace(**changes))  # type: ignore[arg-type]


@pytest.fixture(scope='module')
def trained() -> keras.Model:
    return network(1)


def assert_equal(ours: keras.Model, theirs: keras.Model, layers: slice = slice(None)) -> None:
    pairs = zip(layers_of(ours)[layers], layers_of(theirs)[layers], strict=True)
    for mine, other in pairs:
        for array, expected in zip(mine.arrays, other.arrays, strict=True):
            np.testing.assert_array_equal(array, expected)


def test_keras_2_with_a_convolution_as_head(trained: keras.Model, tmp_path: Path) -> None:
    *body, (_, (kernel, bias)) = layers_of(trained)
    head = StoredLayer('conv_preds', (kernel[None, None], bias))
    path = write_keras2(tmp_path / 'v1.h5', [*body, head])
    loaded = network(2)
    assert load_weights(loaded, path, SETTINGS).random == ()
    assert_equal(loaded, trained)


def test_keras_2_without_head_and_for_other_classes(trained: keras.Model, tmp_path: Path) -> None:
    stored = layers_of(trained)
    for name, layers in (('no_top', stored[:-1]), ('top', stored)):
        path = write_keras2(tmp_path / f'{name}.h5', layers)
        other = network(2, classes=3)
        result = load_weights(other, path, SETTINGS)
        assert result.random == ('logits',)
        assert 'logits keep random weights, and must be trained' in str(result)
        assert_equal(other, trained, slice(None, -1))


def test_keras_3_and_a_run_folder(trained: keras.Model, tmp_path: Path) -> None:
    trained.save_weights(tmp_path / 'own.weights.h5')
    trained.save(tmp_path / 'model.keras')
    for source in ('own.weights.h5', 'model.keras', '.'):
        loaded = network(2)
        load_weights(loaded, tmp_path / source, SETTINGS)
        assert_equal(loaded, trained)


def test_a_modified_network_takes_weights_of_the_original(
    trained: keras.Model, tmp_path: Path
) -> None:
    path = write_keras2(tmp_path / 'v1.h5', layers_of(trained))
    modified = network(2, modify={'activation': 'hard_swish', 'stem_stride': 1})
    load_weights(modified, path, SETTINGS)
    np.testing.assert_array_equal(modified.get_weights()[0], trained.get_weights()[0])


def test_weights_of_another_network_change_nothing_and_are_named(
    trained: keras.Model, tmp_path: Path
) -> None:
    path = write_keras2(tmp_path / 'narrow.h5', layers_of(trained))
    wide = network(2, alpha=0.5)
    before = wide.get_weights()
    with pytest.raises(TrainingError, match=r'conv1.*mobilenet_v1 with alpha 0.25'):
        load_weights(wide, path, SETTINGS)
    for array, expected in zip(wide.get_weights(), before, strict=True):
        np.testing.assert_array_equal(array, expected)


def test_half_a_network_is_refused(trained: keras.Model, tmp_path: Path) -> None:
    path = write_keras2(tmp_path / 'half.h5', layers_of(trained)[:20])
    with pytest.raises(TrainingError, match='it ends before conv'):
        load_weights(network(2), path, SETTINGS)


def test_what_is_not_there_is_said(trained: keras.Model, tmp_path: Path) -> None:
    for source, message in (
        ('absent.h5', 'there are no weights'),
        ('', 'neither a run that has ended'),
        ('notes.txt', 'not of a known kind'),
        ('text.keras', 'cannot be loaded by Keras'),
    ):
        for name in ('notes.txt', 'text.keras'):
            (tmp_path / name).write_text('text')
        with pytest.raises(TrainingError, match=message):
            load_weights(trained, tmp_path / source, SETTINGS)


def test_imagenet_without_a_connection(
    trained: keras.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('https_proxy', 'http://127.0.0.1:9')
    home = 'keras.src.utils.file_utils.config.keras_home'  # holds what was downloaded before
    monkeypatch.setattr(home, lambda: str(tmp_path), raising=False)
    with pytest.raises(TrainingError, match='fetch that file on another machine'):
        load_weights(trained, 'imagenet', SETTINGS)
    with pytest.raises(TrainingError, match='no imagenet weights of mobilenet_v1 with alpha'):
        load_weights(trained, 'imagenet', SETTINGS._replace(alpha=0.3))


@pytest.mark.skipif(not V2.is_file(), reason=f'{V2} is not there')
def test_published_weights_of_mobilenet_v2() -> None:
    settings = SETTINGS._replace(alpha=0.35, height=96, width=96)
    loaded = load_weights(build_network('mobilenet_v2', settings), V2, settings)
    assert (loaded.layers, loaded.random) == (104, ('logits',))


@pytest.mark.skipif(not V1.is_file(), reason=f'{V1} is not there')
def test_published_weights_of_mobilenet_v1_name_a_palace() -> None:
    sklearn = pytest.importorskip('sklearn.datasets')
    cv2 = pytest.importorskip('cv2')
    settings = NetworkSettings(224, 224, 1.0, 1000, 0.0)
    model = build_network('mobilenet_v1', settings)
    assert load_weights(model, V1, settings).random == ()
    palace = sklearn.load_sample_image('china.jpg')[:, 106:533]
    image = cv2.resize(palace, (224, 224), interpolation=cv2.INTER_AREA)
    scores = model(image[None].astype(np.float32)).numpy()[0]
    boathouse, palace_index = 449, 698
    assert set(np.argsort(-scores)[:2]) == {boathouse, palace_index}
