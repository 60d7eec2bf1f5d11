# SPDX-License-Identifier: Apache-2.0
"""A bundle of MobileNets with ImageNet's 1,000 labels, of files and without a connection."""

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from mobilenet_perception.inference.bundle import load_bundle
from mobilenet_perception.inference.runtimes import create_runtime
from tests.support.networks import images
from training.commands.cli import main

SIDE = 32


def mobilenet(classes: int, seed: int) -> keras.Model:
    keras.utils.set_random_seed(seed)
    return keras.applications.MobileNet(
        (SIDE, SIDE, 3), 0.25, weights=None, classes=classes, classifier_activation='softmax'
    )


def test_files_become_one_ladder_with_readable_labels(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Keras' own have 1,000 outputs, those of TensorFlow Lite a background before them.
    lite, own = mobilenet(1001, 1), mobilenet(1000, 2)
    converter = tf.lite.TFLiteConverter.from_keras_model(lite)
    (tmp_path / 'lite.tflite').write_bytes(converter.convert())
    own.save(tmp_path / 'own.h5')
    files = [str(tmp_path / name) for name in ('lite.tflite', 'own.h5')]
    assert main(['bundle', '--imagenet', *files, '-o', str(tmp_path / 'bundle')]) == 0
    assert 'without the first output' in capsys.readouterr().out
    bundle = load_bundle(tmp_path / 'bundle')
    labels = bundle.manifest.labels
    assert (len(labels), labels[0], labels[134], labels[920]) == (
        1000, 'tench', 'crane (bird)', 'traffic light',
    )  # fmt: skip
    pixels = images(1, SIDE)[0]
    scaled = pixels[None].astype(np.float32) / 127.5 - 1
    runtime = create_runtime()
    found = runtime.load(bundle.models['own'], 'own').run(pixels)
    np.testing.assert_allclose(found, own(scaled).numpy()[0], atol=1e-5)
    found = runtime.load(bundle.models['lite'], 'lite').run(pixels)
    # Without the background, the others share its part.
    expected = lite(scaled).numpy()[0][1:]
    np.testing.assert_allclose(found, expected / expected.sum(), atol=1e-5)


def test_weights_alone_are_built_and_need_their_last_layer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.training.networks.weights.keras2 import write_keras2
    from training.networks.weights.files import layers_of

    stored = layers_of(mobilenet(1000, 3))
    whole = write_keras2(tmp_path / 'mobilenet_0.25_128.h5', stored)
    assert main(['bundle', '--imagenet', str(whole), '-o', str(tmp_path / 'bundle')]) == 0
    (variant,) = load_bundle(tmp_path / 'bundle').manifest.variants
    assert (variant.architecture, variant.alpha, variant.height) == ('mobilenet_v1', 0.25, 128)
    headless = write_keras2(tmp_path / 'mobilenet_no_top.h5', stored[:-1])
    assert main(['bundle', '--imagenet', str(headless), '-o', str(tmp_path / 'none')]) == 1
    assert 'lacks the last layer' in capsys.readouterr().err


def test_without_a_connection_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv('https_proxy', 'http://127.0.0.1:9')
    home = 'keras.src.utils.file_utils.config.keras_home'  # holds what was downloaded before
    monkeypatch.setattr(home, lambda: str(tmp_path), raising=False)
    assert main(['bundle', '--imagenet', '-o', str(tmp_path / 'bundle')]) == 1
    said = capsys.readouterr().err
    assert 'fetch that file on another machine and give its path instead' in said
    assert said.count('\n') == 1
    assert main(['bundle', '-o', str(tmp_path / 'bundle')]) == 1
    assert 'give run folders, or --imagenet' in capsys.readouterr().err
