# SPDX-License-Identifier: Apache-2.0
"""Train the network of a run, or go on with it."""

from pathlib import Path

import cv2
import keras

from training.configuration.settings import Configuration
from training.data.data_set import DataSet, Split
from training.errors import TrainingError
from training.fit.checkpoint import Interrupt, full_disk, noted_interrupts
from training.fit.images import StageImages
from training.fit.journal import Journal, exclusive
from training.fit.legs import legs
from training.fit.loop import Loop
from training.fit.network import kept_network, make_strategy, network_settings, trained_network
from training.fit.run_folder import Run, RunData
from training.networks.weights import load_weights


def fit_one(
    configuration: Configuration, data_set: DataSet, stored: RunData, split: Split, runs: Path
) -> Run:
    """Train one network into `runs/<name>`, or resume it; leaks have been looked for."""
    run = Run(runs / configuration.name)
    run.start(configuration, stored, split)
    fit(run, configuration, data_set, run.split())
    print(f'trained: {run.model_file}')
    return run


def fit(run: Run, configuration: Configuration, data_set: DataSet, split: Split) -> None:
    """Train, or go on with a run that was interrupted; the model ends in the run folder.

    Args:
        run: started with this configuration.
        configuration: what to train.
        data_set: all data.
        split: which of them are for what.

    Raises:
        TrainingError: the data do not fit the configuration, training diverges, the disk is
            full, or another process trains this run.
        KeyboardInterrupt: the user stopped it; the state is saved.
    """
    if run.model_file.is_file():
        print(f'{run.folder} is trained already', flush=True)
        return
    cv2.setNumThreads(1)
    keras.utils.set_random_seed(configuration.seed)
    with exclusive(run.folder), noted_interrupts() as interrupt:
        network = _trained(run, configuration, data_set, split, interrupt)
        scratch = run.folder / '.writing.keras'
        with full_disk(run.folder):
            kept_network(configuration, network).save(scratch)
            scratch.replace(run.model_file)


def _trained(
    run: Run,
    configuration: Configuration,
    data_set: DataSet,
    split: Split,
    interrupt: Interrupt,
) -> keras.Model:
    train = split.select(data_set.samples, 'train')
    validation = split.select(data_set.samples, 'validation')
    _check(configuration, data_set, len(train), len(validation))
    plan = legs(configuration)
    steps = configuration.steps or -(-len(train) // configuration.batch_size)
    images = StageImages(configuration, data_set, train, run.drives_folder)
    journal = Journal(run, plan, keep_best=configuration.patience > 0)
    position = journal.position()
    with make_strategy(configuration.hardware, configuration.batch_size).scope():
        model = trained_network(configuration, len(data_set.labels))
        if position is None and configuration.network.weights:
            settings = network_settings(configuration, len(data_set.labels))
            print(load_weights(model, configuration.network.weights, settings), flush=True)
        Loop(configuration, model, plan, steps, images, validation, journal, interrupt).go_on(
            position
        )
    return model


def _check(configuration: Configuration, data_set: DataSet, train: int, validation: int) -> None:
    if not train:
        raise TrainingError('there are no images to train on: see the split of the run')
    if len(data_set.labels) < 2:
        raise TrainingError('the data have a single label: a classifier needs at least two')
    if configuration.patience and not validation:
        raise TrainingError('patience needs images to judge by: set data.validation_share')
    if configuration.loss.class_weights and any(s.mixture for s in configuration.stages):
        raise TrainingError(
            'a mixture balances its classes by itself: set loss.class_weights to false'
        )
