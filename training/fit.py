# SPDX-License-Identifier: Apache-2.0
"""Fit a network: AdamW, warm-up and cosine, checkpoints, curves; a killed run resumes."""

import sys
import time
from collections.abc import Sequence

import cv2
import keras
import numpy as np
import numpy.typing as npt

from mobilenet_perception.frames import Frame, crop_and_resize
from training.allocator import KeepMemory
from training.architectures import NetworkSettings, build_network
from training.checkpoint import Checkpoints, ReseedDropout, latest
from training.configuration import Configuration
from training.data.batches import Batches
from training.data.drive import read_drives
from training.data.mixture import Mixture
from training.data.sample import Pixels, Sample
from training.data.splits import Split
from training.errors import TrainingError
from training.run_folder import Run

# Worlds from here on are for training; those below are left for tests.
FIRST_WORLD = 10_000


def fit(run: Run, configuration: Configuration, samples: Sequence[Sample], split: Split) -> None:
    """Train, or go on with a run that was interrupted; the model ends in the run folder.

    Args:
        run: started with this configuration.
        configuration: what to train.
        samples: all data.
        split: which of them are for what.

    Raises:
        TrainingError: the data do not fit the configuration.
    """
    cv2.setNumThreads(1)
    keras.utils.set_random_seed(configuration.seed)
    model = compiled(configuration)
    begun = latest(run.checkpoint_folder)
    epoch = 0
    if begun is not None:
        epoch, file = begun
        model.optimizer.build(model.trainable_variables)
        model.load_weights(file)
        # The schedule follows the epochs, whatever the checkpoint holds.
        model.optimizer.iterations.assign(epoch * configuration.steps)
        print(f'resuming {run.folder} after epoch {epoch} of {configuration.epochs}', flush=True)
    history = run.read_json('curves.json')
    curves = [line for line in history.get('epochs', []) if line['epoch'] <= epoch]
    before = float(history.get('seconds', 0.0))
    start = time.monotonic()

    def report(lines: list[dict[str, float]]) -> None:
        seconds = before + time.monotonic() - start
        run.write_json('curves.json', {'seconds': seconds, 'epochs': lines})

    train = split.select(samples, 'train')
    if any('drive' in stage.mixture for stage in configuration.stages):
        worlds = range(FIRST_WORLD, FIRST_WORLD + configuration.drive_worlds)
        train += read_drives(run.folder / 'drives', worlds, configuration.drive_every)
    validation = split.select(samples, 'validation')
    targets = keras.utils.to_categorical(
        label_indices(validation, configuration.labels), len(configuration.labels)
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
                Mixture(train, stage.mixture),
                configuration.labels,
                size,
                configuration.batch_size,
                configuration.steps,
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
    final = build_network(configuration.architecture, network_settings(configuration))
    final.set_weights(model.get_weights())
    scratch = run.folder / '.writing.keras'
    final.save(scratch)
    scratch.replace(run.model_file)


def network_settings(configuration: Configuration) -> NetworkSettings:
    """Return the settings of the network that a configuration ends with."""
    return NetworkSettings(
        configuration.height,
        configuration.width,
        configuration.alpha,
        len(configuration.labels),
        configuration.dropout,
    )


def compiled(configuration: Configuration) -> keras.Model:
    """Return the network of a configuration, untrained and ready to fit."""
    # Any input size, because training may begin with small images.
    settings = network_settings(configuration)._replace(height=None, width=None)
    model = build_network(configuration.architecture, settings)
    steps = configuration.epochs * configuration.steps
    warmup = min(round(configuration.warmup_epochs * configuration.steps), steps // 2)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0 if warmup else configuration.learning_rate,
        decay_steps=max(1, steps - warmup),
        alpha=0.002,
        warmup_target=configuration.learning_rate if warmup else None,
        warmup_steps=warmup,
    )
    optimizer = keras.optimizers.AdamW(rate, weight_decay=configuration.weight_decay)
    optimizer.exclude_from_weight_decay(var_names=['bias', 'gamma', 'beta'])
    model.compile(
        optimizer,
        keras.losses.CategoricalCrossentropy(
            from_logits=True, label_smoothing=configuration.label_smoothing
        ),
        metrics=['accuracy'],
        # XLA is five times slower on a CPU here.
        jit_compile=False,
    )
    return model


def load_network(run: Run) -> keras.Model:
    """Return the trained network of a run.

    Raises:
        TrainingError: it is not there yet, or of another version.
    """
    if not run.model_file.is_file():
        raise TrainingError(f'{run.folder} holds no trained model: let `training fit` end first')
    try:
        return keras.models.load_model(run.model_file, compile=False)
    except (ValueError, OSError, TypeError) as error:
        raise TrainingError(f'{run.model_file} cannot be loaded: {error!r:.200}') from error


def network_inputs(samples: Sequence[Sample], height: int, width: int) -> Pixels:
    """Return (n, height, width, 3) uint8 RGB, resized as the runtime does."""
    resized = [crop_and_resize(Frame(s.pixels, 'rgb'), height, width) for s in samples]
    return np.stack(resized) if resized else np.zeros((0, height, width, 3), np.uint8)


def label_indices(samples: Sequence[Sample], labels: Sequence[str]) -> npt.NDArray[np.int64]:
    """Return (n,) positions of the samples' labels in `labels`."""
    return np.array([labels.index(sample.label) for sample in samples], np.int64)
