# SPDX-License-Identifier: Apache-2.0
"""The ways to train, each for real: transfer in phases, losses, a teacher, several devices."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mobilenet_perception.inference.bundle import default_bundle_path, load_bundle
from tests.support import ROOT
from tests.training.fit.toy import tiny, train
from training.configuration.settings import Stage
from training.data.data_set import Array, DataSet, Sample
from training.fit.network import load_network, network_inputs
from training.fit.run_folder import Run
from training.networks.structure import layers_by_block

PLAIN = ('optimizer.ema=0', 'network.dropout=0', 'patience=0')
ONE_STAGE = (Stage(3, 24, 24),)


def weights_by_block(run: Run) -> dict[str, list[Array]]:
    blocks = layers_by_block(load_network(run)).items()
    return {name: [w for layer in layers for w in layer.get_weights()] for name, layers in blocks}


def same(one: list[Array], other: list[Array]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_a_head_then_the_blocks_from_one_on_are_trained(tmp_path: Path) -> None:
    network = ('network.architecture=mobilenet_v1', 'network.alpha=0.25')
    before = train(tmp_path / 'before', tiny(*network, *PLAIN, stages=(Stage(1, 32, 32),)))
    base = weights_by_block(before)
    names = [name for name, weights in base.items() if weights]
    middle = names[len(names) // 2]
    phases = (Stage(1, 32, 32, train='head'), Stage(1, 32, 32, train=middle, learning_rate=0.001))
    transfer = (*network, *PLAIN, f'network.weights={before.folder}')
    found = weights_by_block(train(tmp_path / 'phases', tiny(*transfer, stages=phases)))
    changed = [name for name in names if not same(base[name], found[name])]
    # A frozen block keeps everything, its batch norms' averages too.
    assert changed == names[names.index(middle) :]


@pytest.mark.parametrize(
    'settings',
    [
        ('loss.name=focal', 'optimizer.name=sgd', 'optimizer.learning_rate=0.1'),
        ('optimizer.name=rmsprop', 'optimizer.schedule=step', 'optimizer.step_epochs=2'),
        ('optimizer.name=adam', 'sampling=square_root', 'loss.class_weights=true'),
        ('hardware.mixed_precision=true',),
        ('hardware.xla=true',),
        ('augmentation.mixup=0.2', 'augmentation.cutmix=0.5', 'augmentation.erasing=0.3'),
    ],
    ids=lambda settings: settings[0],
)
def test_it_learns(settings: tuple[str, ...], tmp_path: Path) -> None:
    run = train(tmp_path / 'run', tiny(*PLAIN, *settings, stages=(Stage(5, 16, 16),)))
    lines = run.read_json('curves.json')['epochs']
    assert lines[-1]['val_loss'] < min(1.0, lines[0]['val_loss'])
    assert lines[-1]['val_accuracy'] > 0.6


def test_a_student_learns_what_its_teacher_says(tmp_path: Path) -> None:
    bundle = load_bundle(default_bundle_path())
    labels = bundle.manifest.labels
    variant = bundle.manifest.variants[0].name
    golden = bundle.manifest.golden
    # Told wrongly on purpose: only the teacher knows.
    wrong = [labels[(labels.index(one.label) + 1) % len(labels)] for one in golden]
    samples = [
        Sample(bundle.golden_images[one.file], label, f'{copy}/{one.file}', 'golden', one.file)
        for copy in range(6)
        for one, label in zip(golden, wrong, strict=True)
    ]
    settings = (
        *PLAIN,
        f'loss.teacher={default_bundle_path()}',
        'loss.teacher_weight=1',
        'loss.teacher_temperature=1',
        # What is kept otherwise is best by the labels, which are wrong.
        'keep=last',
        'network.alpha=2',
        'augmentation.rotation=0',
        'augmentation.zoom=0',
        'optimizer.learning_rate=0.01',
    )
    configuration = tiny(*settings, stages=(Stage(20, 24, 24),))
    run = train(tmp_path / 'run', configuration, DataSet(samples, labels))
    images = network_inputs(samples[: len(golden)], 24, 24).astype(np.float32)
    said = load_network(run).predict(images, verbose=0).argmax(axis=1)
    taught = np.array([int(np.argmax(one.scores[variant])) for one in golden])
    assert (said == taught).mean() > 0.8


TWO_DEVICES = """
import sys
from pathlib import Path
import tensorflow as tf
cpu = tf.config.list_physical_devices('CPU')[0]
two = [tf.config.LogicalDeviceConfiguration(), tf.config.LogicalDeviceConfiguration()]
tf.config.set_logical_device_configuration(cpu, two)
from tests.training.fit.test_ways import ONE_STAGE, PLAIN
from tests.training.fit.toy import tiny, train
train(Path(sys.argv[1]), tiny(*PLAIN, 'hardware.distribute=gpus', stages=ONE_STAGE))
"""


def test_two_devices_train_as_one_does(tmp_path: Path) -> None:
    command = [sys.executable, '-c', TWO_DEVICES, str(tmp_path / 'two')]
    environment = {**os.environ, 'TF_CPP_MIN_LOG_LEVEL': '2', 'CUDA_VISIBLE_DEVICES': '-1'}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    one = train(tmp_path / 'one', tiny(*PLAIN, stages=ONE_STAGE))
    pairs = zip(
        one.read_json('curves.json')['epochs'],
        Run(tmp_path / 'two').read_json('curves.json')['epochs'],
        strict=True,
    )
    for ours, theirs in pairs:
        for key in ('loss', 'val_loss', 'accuracy', 'learning_rate'):
            assert theirs[key] == pytest.approx(ours[key], rel=0.02), key
