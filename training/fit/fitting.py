# SPDX-License-Identifier: Apache-2.0
"""Fit a network: AdamW, warm-up and cosine, checkpoints, curves; a killed run resumes."""

import sys
import time

import cv2
import keras

from training.architectures import NetworkSettings, build_network
from training.configuration import Configuration
from training.data.batches import Batches
from training.data.data_set import DataSet
from training.data.drive import read_drives
from training.data.mixture import Mixture
from training.data.plain import Plain
from training.data.splits import Split
from training.fit.allocator import KeepMemory
from training.fit.checkpoint import Checkpoints, ReseedDropout, latest
from training.fit.inputs import label_indices, network_inputs
from training.run_folder import Run

# Worlds from here on are for training; those below are left for tests.
FIRST_WORLD = 10_000


def fit(run: Run, configuration: Configuration, data_set: DataSet, split: Split) -> None:
    """Train, or go on with a run that was interrupted; the model ends in the run folder.

    Args:
        run: started with this configuration.
        configuration: what to train.
        data_set: all data.
        split: which of them are for what.

    Raises:
        TrainingError: the data do not fit the configuration.
    """
    cv2.setNumThreads(1)
    keras.utils.set_random_seed(configuration.seed)
    train = split.select(data_set.samples, 'train')
    steps = configuration.steps or -(-len(train) // configuration.batch_size)
    model = compiled(configuration, len(data_set.labels), steps)
    begun = latest(run.checkpoint_folder)
    epoch = 0
    if begun is not None:
        epoch, file = begun
        model.optimizer.build(model.trainable_variables)
        model.load_weights(file)
        # The schedule follows the epochs, whatever the checkpoint holds.
        model.optimizer.iterations.assign(epoch * steps)
        print(f'resuming {run.folder} after epoch {epoch} of {configuration.epochs}', flush=True)
    history = run.read_json('curves.json')
    curves = [line for line in history.get('epochs', []) if line['epoch'] <= epoch]
    before = float(history.get('seconds', 0.0))
    start = time.monotonic()

    def report(lines: list[dict[str, float]]) -> None:
        seconds = before + time.monotonic() - start
        run.write_json('curves.json', {'seconds': seconds, 'epochs': lines})

    photographs = train
    if any('drive' in stage.mixture for stage in configuration.stages):
        worlds = range(FIRST_WORLD, FIRST_WORLD + configuration.drive_worlds)
        train = photographs + read_drives(run.folder / 'drives', worlds, configuration.drive_every)
    validation = split.select(data_set.samples, 'validation')
    targets = keras.utils.to_categorical(
        label_indices(validation, data_set.labels), len(data_set.labels)
    )
    end = 0
    for stage in configuration.stages:
        end += stage.epochs
        if epoch >= end:
            continue
        size = (stage.height, stage.width)
        print(f'epochs {epoch + 1} to {end} at {stage.width} x {stage.height} pixels', flush=True)
        model.fit(
            Batches(
                Mixture(train, stage.mixture, data_set.merge)
                if stage.mixture
                else Plain(
                    photographs,
                    configuration.sampling,
                    configuration.augmentation,
                    configuration.seed,
                ),
                data_set.labels,
                size,
                configuration.batch_size,
                steps,
                configuration.seed,
                epoch,
            ),
            validation_data=(network_inputs(validation, *size), targets),
            validation_batch_size=configuration.batch_size,
            initial_epoch=epoch,
            epochs=end,
            shuffle=False,
            verbose=1 if sys.stdout.isatty() else 2,
            callbacks=[
                KeepMemory(),
                ReseedDropout(configuration.seed),
                Checkpoints(run.checkpoint_folder, curves, report),
            ],
        )
        epoch = end
    final = build_network(
        configuration.network.architecture, network_settings(configuration, len(data_set.labels))
    )
    final.set_weights(model.get_weights())
    scratch = run.folder / '.writing.keras'
    final.save(scratch)
    scratch.replace(run.model_file)


def network_settings(configuration: Configuration, classes: int) -> NetworkSettings:
    """Return the settings of the network that a configuration ends with."""
    return NetworkSettings(
        configuration.height,
        configuration.width,
        configuration.network.alpha,
        classes,
        configuration.network.dropout,
        configuration.network.modify,
    )


def compiled(configuration: Configuration, classes: int, epoch_steps: int) -> keras.Model:
    """Return the network of a configuration, untrained and ready to fit."""
    # Any input size, because training may begin with small images.
    settings = network_settings(configuration, classes)._replace(height=None, width=None)
    model = build_network(configuration.network.architecture, settings)
    asked = configuration.optimizer
    steps = configuration.epochs * epoch_steps
    warmup = min(round(asked.warmup_epochs * epoch_steps), steps // 2)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0 if warmup else asked.learning_rate,
        decay_steps=max(1, steps - warmup),
        alpha=0.002,
        warmup_target=asked.learning_rate if warmup else None,
        warmup_steps=warmup,
    )
    optimizer = keras.optimizers.AdamW(rate, weight_decay=asked.weight_decay)
    optimizer.exclude_from_weight_decay(var_names=['bias', 'gamma', 'beta'])
    model.compile(
        optimizer,
        keras.losses.CategoricalCrossentropy(
            from_logits=True, label_smoothing=configuration.loss.label_smoothing
        ),
        metrics=['accuracy'],
        # XLA is five times slower on a CPU here.
        jit_compile=False,
    )
    return model
