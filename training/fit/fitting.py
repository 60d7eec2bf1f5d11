# SPDX-License-Identifier: Apache-2.0
"""Fit the network of a run, stage by stage and epoch by epoch, from wherever it was left."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import keras

from training.configuration.settings import Configuration
from training.data.data_set import DataSet, Pixels, Sample, Split
from training.data.negatives import thinned
from training.errors import TrainingError
from training.fit import checkpoint, network, optimizer
from training.fit.head import learn_head
from training.fit.images import Feed, StageImages, training_feed, validation_feed
from training.fit.journal import Journal, StepBar, exclusive
from training.fit.legs import Leg, leg_of, legs, next_epoch
from training.fit.limit import TimeLimit
from training.fit.run_folder import Run, RunData
from training.images.batches import Batches
from training.networks.weights import load_weights, train_from


def fit_one(
    configuration: Configuration,
    data_set: DataSet,
    stored: RunData,
    split: Split,
    runs: Path,
    begun: float | None = None,
) -> Run:
    """Train one network into `runs/<name>`, or resume it; leaks have been looked for.

    `begun` is the `time.monotonic()` from which the configuration's `minutes` count; None: now.
    """
    run = Run(runs / configuration.name)
    run.start(configuration, stored, split)
    fit(run, configuration, data_set, run.split(), begun)
    print(f'trained: {run.model_file}')
    return run


def fit(
    run: Run,
    configuration: Configuration,
    data_set: DataSet,
    split: Split,
    begun: float | None = None,
) -> None:
    """Train, or go on with a run that was interrupted; the model ends in the run folder.

    Args:
        run: started with this configuration.
        configuration: what to train.
        data_set: all data.
        split: which of them are for what.
        begun: `time.monotonic()` from which `minutes` count; None: now.

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
    with exclusive(run.folder), checkpoint.deferred_interrupts() as interrupt:
        limit = TimeLimit(configuration.minutes, begun)
        model = _trained(run, configuration, data_set, split, interrupt, limit)
        scratch = run.folder / '.writing.keras'
        with checkpoint.full_disk(run.folder):
            network.kept_network(configuration, model).save(scratch)
            scratch.replace(run.model_file)


def _trained(
    run: Run,
    configuration: Configuration,
    data_set: DataSet,
    split: Split,
    interrupt: checkpoint.Interrupt,
    limit: TimeLimit,
) -> keras.Model:
    train = split.select(data_set.samples, 'train')
    validation = split.select(data_set.samples, 'validation')
    _check(configuration, data_set, len(train), len(validation))
    plan = legs(configuration)
    images = StageImages(configuration, data_set, train, run.drives_folder)
    if images.negatives.scenes:
        validation = thinned(validation, configuration.seed)
    steps = configuration.steps or -(-len(images.train) // configuration.batch_size)
    keep_best = bool(validation) and configuration.keep == 'best'
    journal = Journal(run, plan, keep_best)
    position = journal.position()
    with network.make_strategy(configuration.hardware, configuration.batch_size).scope():
        model = network.trained_network(configuration, len(data_set.labels))
        if position is None:
            _begin(model, configuration, data_set, images, validation, journal, interrupt, limit)
        Loop(configuration, model, plan, steps, images, validation, journal, interrupt, limit).run(
            position
        )
    return model


def _begin(
    model: keras.Model,
    configuration: Configuration,
    data_set: DataSet,
    images: StageImages,
    validation: list[Sample],
    journal: Journal,
    interrupt: checkpoint.Interrupt,
    limit: TimeLimit,
) -> None:
    """Give the network what it has before the first stage: weights, and a fitted head."""
    if journal.head is not None:
        limit.count(journal.head.seconds)
        journal.load_head(model)
        return
    labels = data_set.labels
    if configuration.network.weights:
        settings = network.network_settings(configuration, len(labels))
        source, scaling = configuration.network.weights, configuration.network.scaling
        print(load_weights(model, source, settings, scaling), flush=True)
    if configuration.head.views:
        features = journal.features_folder
        journal.keep_head(
            model,
            learn_head(
                model, features, configuration, labels, images, validation, interrupt, limit
            ),
        )


def _check(configuration: Configuration, data_set: DataSet, train: int, validation: int) -> None:
    if not train:
        raise TrainingError('there are no images to train on: see the split of the run')
    if len(data_set.labels) < 2:
        raise TrainingError('the data have a single label: a classifier needs at least two')
    if configuration.head.views and not validation:
        raise TrainingError(
            'the head is chosen by validation images, and there are none: set '
            'data.validation_share, or put images into the validation part'
        )
    if configuration.patience and not validation:
        raise TrainingError('patience needs images to judge by: set data.validation_share')
    if configuration.loss.class_weights and any(s.mixture for s in configuration.stages):
        raise TrainingError(
            'a mixture balances its classes by itself: set loss.class_weights to false'
        )


class Loop:
    """Trains a model in place."""

    def __init__(
        self,
        configuration: Configuration,
        model: keras.Model,
        plan: tuple[Leg, ...],
        steps: int,
        images: StageImages,
        validation: list[Sample],
        journal: Journal,
        interrupt: checkpoint.Interrupt,
        limit: TimeLimit,
    ) -> None:
        """Prepare.

        Args:
            configuration: of the run.
            model: with the weights to begin with.
            plan: its stages.
            steps: of an epoch.
            images: to train on.
            validation: to judge by; may be empty.
            journal: in which the state is kept.
            interrupt: whether the user asked to stop.
            limit: of the time.
        """
        self._configuration = configuration
        self._model = model
        self._plan = plan
        self._steps = steps
        self._images = images
        self._validation = validation
        self._journal = journal
        self._interrupt = interrupt
        self._limit = limit
        self._averages = configuration.optimizer.ema > 0
        self._rate = optimizer.learning_rate(configuration.optimizer, plan[0], steps)

    def run(self, position: checkpoint.Position | None) -> None:
        """Train to the end of the plan.

        Args:
            position: that of the journal; None: from the beginning.
        """
        if position is None:
            head = self._journal.head
            position = checkpoint.Position(seconds=head.seconds if head else 0.0)
            leg = next((leg for leg in self._plan if leg.stage.epochs), self._plan[-1])
            self._compile(leg)
        else:
            self._limit.count(position.seconds)
            leg = leg_of(self._plan, position.epoch - (position.step == 0))
            self._compile(leg)
            self._journal.restore(self._model, position)
        feeds = None
        end = self._plan[-1].end
        while (epoch := self._next(position)) < end and self._has_time(position):
            before, leg = leg, leg_of(self._plan, epoch)
            if leg.optimizer_first != before.optimizer_first:
                self._conclude(before, position, last=False)
                self._compile(leg)
            if feeds is None or leg != before:
                feeds = self._feeds(leg)
            position = self._epoch(leg, epoch, position, *feeds)
            if self._interrupt.asked:
                raise KeyboardInterrupt
        self._conclude(leg, position, last=True)

    def _has_time(self, position: checkpoint.Position) -> bool:
        """Return whether there is time for another epoch, and say it if there is none."""
        head, curves = self._journal.head, position.curves
        if not curves and head is None:
            # Nothing is learnt yet: an epoch begins, and ends when the time does.
            return True
        needed = curves[-1]['seconds'] if curves else 0.0
        if self._limit.left() > needed:
            return True
        print(
            f'the limit of {self._configuration.minutes:g} minutes leaves no time for another '
            'epoch',
            flush=True,
        )
        return False

    def _next(self, position: checkpoint.Position) -> int:
        if position.step:
            return position.epoch
        return next_epoch(self._plan, position.curves, self._configuration.patience)

    def _compile(self, leg: Leg) -> None:
        configuration = self._configuration
        # What batch norms know of the data of others is better than a few batches of new ones.
        frozen = bool(configuration.network.weights) and configuration.network.frozen_batch_norms
        train_from(self._model, leg.stage.train, batch_norm=not frozen)
        self._rate = optimizer.learning_rate(configuration.optimizer, leg, self._steps)
        self._model.compile(
            optimizer.make_optimizer(configuration.optimizer, self._rate),
            optimizer.make_loss(configuration.loss),
            metrics=[keras.metrics.CategoricalAccuracy('accuracy')],
            jit_compile=configuration.hardware.xla,
        )
        self._model.optimizer.build(self._model.trainable_variables)

    def _conclude(self, leg: Leg, position: checkpoint.Position, *, last: bool) -> None:
        """Leave in the model what the work of an optimiser came to; `last`: of all of them."""
        if self._journal.keep_best and (last or self._configuration.patience):
            self._journal.load_best(self._model, leg, position)
            return
        if self._averages:
            self._model.optimizer.finalize_variable_values(self._model.trainable_variables)
        optimizer.take_statistics(self._model, self._plain(leg))

    def _plain(self, leg: Leg) -> Iterator[Pixels]:
        """Yield what batch norms take their statistics from; nothing: they keep what they have."""
        count = self._configuration.optimizer.batch_norm_batches
        return self._images.plain(leg.stage, count)

    def _feeds(self, leg: Leg) -> tuple[Batches, Feed | None]:
        stage = leg.stage
        size = (stage.height, stage.width)
        print(
            f'stage {leg.number + 1}: epochs {leg.first + 1} to {leg.end} at {stage.width} x '
            f'{stage.height} pixels, {self._steps} steps each, training {stage.train}',
            flush=True,
        )
        batches = self._images.batches(stage)
        if not self._validation:
            return batches, None
        count = self._configuration.batch_size
        return batches, validation_feed(self._validation, batches.labels, *size, count)

    def _epoch(
        self,
        leg: Leg,
        epoch: int,
        position: checkpoint.Position,
        batches: Batches,
        validation: Feed | None,
    ) -> checkpoint.Position:
        start = time.monotonic()

        def reached(new: checkpoint.Means) -> checkpoint.Position:
            return position._replace(
                epoch=epoch,
                step=position.step + new.steps,
                means=position.means.joined(new),
                seconds=position.seconds + time.monotonic() - start,
            )

        means = position.means
        if position.step < self._steps:
            feed = training_feed(batches, epoch, range(position.step, self._steps))
            means = means.joined(
                self._fit(
                    feed, position.step, lambda m: self._journal.save(self._model, reached(m))
                )
            )
        line = {'epoch': epoch + 1, 'stage': leg.number + 1, **means.values}
        with (
            optimizer.averaged(self._model, self._averages),
            optimizer.statistics_of(self._model, self._plain(leg)),
        ):
            line |= self._validated(validation)
            line['learning_rate'] = float(self._rate(self._model.optimizer.iterations))
            seconds = time.monotonic() - start
            # As if the whole epoch had been made now.
            line['seconds'] = seconds * self._steps / max(1, self._steps - position.step)
            curves = (*position.curves, line)
            self._journal.keep_if_best(self._model, leg, curves)
        done = checkpoint.Position(
            epoch + 1, curves=curves, seconds=reached(checkpoint.Means()).seconds
        )
        self._journal.end_epoch(self._model, leg, done)
        return done

    def _fit(
        self, feed: Feed, begun: int, save: Callable[[checkpoint.Means], None]
    ) -> checkpoint.Means:
        judged = -(-len(self._validation) // self._configuration.batch_size)
        after = checkpoint.AfterStep(
            self._interrupt, save, lambda step: self._limit.left_for_steps(step, judged)
        )
        callbacks = [
            network.KeepMemory(),
            StepBar(self._steps, begun),
            after,
            *([optimizer.KeepTrained()] if self._averages else []),
        ]
        with feed.own_errors():
            fitted = self._model.fit(feed.data, callbacks=callbacks, shuffle=False, verbose=0)
        logs = {key: values[-1] for key, values in fitted.history.items()}
        return checkpoint.checked_means(after.steps, logs)

    def _validated(self, validation: Feed | None) -> dict[str, float]:
        if validation is None:
            return {}
        with validation.own_errors():
            found = self._model.evaluate(validation.data, return_dict=True, verbose=0)
        return {f'val_{key}': float(value) for key, value in found.items()}
