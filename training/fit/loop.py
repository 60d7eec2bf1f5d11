# SPDX-License-Identifier: Apache-2.0
"""Stage by stage and epoch by epoch, from wherever a run was left."""

import time
from collections.abc import Callable, Iterator

import keras

from training.configuration.settings import Configuration
from training.data.data_set import Pixels, Sample
from training.fit.averages import KeepTrained, averaged, statistics_of, take_statistics
from training.fit.checkpoint import AfterStep, Interrupt, Means, Position, checked_means
from training.fit.images import Feed, StageImages, training_feed, validation_feed
from training.fit.journal import Journal, Progress
from training.fit.legs import Leg, leg_of, next_epoch
from training.fit.network import KeepMemory
from training.fit.optimizer import learning_rate, make_loss, make_optimizer
from training.images.batches import Batches
from training.networks.weights import train_from


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
        interrupt: Interrupt,
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
        """
        self._configuration = configuration
        self._model = model
        self._plan = plan
        self._steps = steps
        self._images = images
        self._validation = validation
        self._journal = journal
        self._interrupt = interrupt
        self._averages = configuration.optimizer.ema > 0
        self._rate = learning_rate(configuration.optimizer, plan[0], steps)

    def go_on(self, position: Position | None) -> None:
        """Train to the end of the plan.

        Args:
            position: that of the journal; None: from the beginning.
        """
        if position is None:
            position, leg = Position(), self._plan[0]
            self._compile(leg)
        else:
            leg = leg_of(self._plan, position.epoch - (position.step == 0))
            self._compile(leg)
            self._journal.restore(self._model, position)
        feeds = None
        while (epoch := self._next(position)) < self._plan[-1].end:
            before, leg = leg, leg_of(self._plan, epoch)
            if leg.optimizer_first != before.optimizer_first:
                self._conclude(before, position)
                self._compile(leg)
            if feeds is None or leg != before:
                feeds = self._feeds(leg)
            position = self._epoch(leg, epoch, position, *feeds)
            if self._interrupt.asked:
                raise KeyboardInterrupt
        self._conclude(leg, position)

    def _next(self, position: Position) -> int:
        if position.step:
            return position.epoch
        return next_epoch(self._plan, position.curves, self._configuration.patience)

    def _compile(self, leg: Leg) -> None:
        configuration = self._configuration
        # What batch norms know of the data of others is better than a few batches of new ones.
        network = configuration.network
        frozen = bool(network.weights) and network.frozen_batch_norms
        train_from(self._model, leg.stage.train, batch_norm=not frozen)
        self._rate = learning_rate(configuration.optimizer, leg, self._steps)
        self._model.compile(
            make_optimizer(configuration.optimizer, self._rate),
            make_loss(configuration.loss),
            metrics=[keras.metrics.CategoricalAccuracy('accuracy')],
            jit_compile=configuration.hardware.xla,
        )
        self._model.optimizer.build(self._model.trainable_variables)

    def _conclude(self, leg: Leg, position: Position) -> None:
        """Leave in the model what the work of an optimiser came to."""
        if self._configuration.patience:
            self._journal.load_best(self._model, leg, position)
            return
        if self._averages:
            self._model.optimizer.finalize_variable_values(self._model.trainable_variables)
        take_statistics(self._model, self._plain(leg))

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
        self, leg: Leg, epoch: int, position: Position, batches: Batches, validation: Feed | None
    ) -> Position:
        start = time.monotonic()

        def reached(new: Means) -> Position:
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
        with averaged(self._model, self._averages), statistics_of(self._model, self._plain(leg)):
            line |= self._validated(validation)
            line['learning_rate'] = float(self._rate(self._model.optimizer.iterations))
            seconds = time.monotonic() - start
            # As if the whole epoch had been made now.
            line['seconds'] = seconds * self._steps / max(1, self._steps - position.step)
            curves = (*position.curves, line)
            self._journal.keep_if_best(self._model, leg, curves)
        done = Position(epoch + 1, curves=curves, seconds=reached(Means()).seconds)
        self._journal.end_epoch(self._model, leg, done)
        return done

    def _fit(self, feed: Feed, begun: int, save: Callable[[Means], None]) -> Means:
        callbacks = [
            KeepMemory(),
            Progress(self._steps, begun),
            AfterStep(self._interrupt, save),
            *([KeepTrained()] if self._averages else []),
        ]
        with feed.own_errors():
            fitted = self._model.fit(feed.data, callbacks=callbacks, shuffle=False, verbose=0)
        logs = {key: values[-1] for key, values in fitted.history.items()}
        return checked_means(self._steps - begun, logs)

    def _validated(self, validation: Feed | None) -> dict[str, float]:
        if validation is None:
            return {}
        with validation.own_errors():
            found = self._model.evaluate(validation.data, return_dict=True, verbose=0)
        return {f'val_{key}': float(value) for key, value in found.items()}
