# SPDX-License-Identifier: Apache-2.0
"""The plan of a training: which epochs each stage takes, and where optimisers and schedules begin.

Epochs are counted from 0 through all stages, as if none ended early, so that data, rate and seeds
of an epoch do not depend on what happened before.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from training.configuration.settings import Configuration, Stage

Curve = Mapping[str, float]
"""What an epoch came to."""


class Leg(NamedTuple):
    """One stage, placed.

    Attributes:
        number: of the stage, from 0.
        stage: its settings.
        first: its first epoch.
        end: the epoch after its last.
        optimizer_first: epoch at which its optimiser begins, with no memory of gradients.
        schedule_first: epoch at which its learning rate schedule begins.
        schedule_end: epoch at which that schedule is planned to end.
        peak: learning rate after the warm-up.
    """

    number: int
    stage: Stage
    first: int
    end: int
    optimizer_first: int
    schedule_first: int
    schedule_end: int
    peak: float


def legs(configuration: Configuration) -> tuple[Leg, ...]:
    """Return the stages, placed.

    An optimiser begins anew where other weights are trained, where a schedule begins, and, with
    patience, at each stage, because the best weights of the stage before are restored there.
    """
    stages = configuration.stages
    ends = [sum(stage.epochs for stage in stages[: i + 1]) for i in range(len(stages))]
    placed: list[Leg] = []
    for number, (stage, end) in enumerate(zip(stages, ends, strict=True)):
        first = end - stage.epochs
        before = placed[-1] if placed else None
        anew = before is None or stage.learning_rate is not None
        later = (i for i in range(number + 1, len(stages)) if stages[i].learning_rate is not None)
        optimizer_anew = anew or configuration.patience > 0
        if before is not None and before.stage.train != stage.train:
            optimizer_anew = True
        peak = stage.learning_rate or (
            configuration.optimizer.learning_rate if before is None else before.peak
        )
        placed.append(
            Leg(
                number,
                stage,
                first,
                end,
                optimizer_first=first
                if before is None or optimizer_anew
                else before.optimizer_first,
                schedule_first=first if before is None or anew else before.schedule_first,
                schedule_end=next((ends[i] - stages[i].epochs for i in later), ends[-1]),
                peak=peak,
            )
        )
    return tuple(placed)


def leg_of(plan: Sequence[Leg], epoch: int) -> Leg:
    """Return the stage that an epoch belongs to."""
    return next(leg for leg in plan if leg.first <= epoch < leg.end)


def same_size(one: Leg, other: Leg) -> bool:
    """Return whether two stages have the same input size."""
    return (one.stage.height, one.stage.width) == (other.stage.height, other.stage.width)


def best_epoch(leg: Leg, curves: Sequence[Curve]) -> int | None:
    """Return the epoch of a stage with the least validation loss, the first of equals."""
    lines = [line for line in curves if leg.first < line['epoch'] <= leg.end]
    best = min(lines, key=lambda line: line['val_loss'], default=None)
    return None if best is None else int(best['epoch']) - 1


def kept_epoch(
    plan: Sequence[Leg], leg: Leg, curves: Sequence[Curve], head: Curve | None = None
) -> int | None:
    """Return the epoch up to the end of a stage whose weights are best, the first of equals.

    Args:
        plan: the stages.
        leg: the stage; epochs of other input sizes do not compare with it.
        curves: lines of the epochs done.
        head: how the fitted head validates, at the last input size: epochs count that have less
            loss and no less accuracy.

    Returns:
        None: there is none, or none that is better than the head.
    """
    lines = [
        line
        for line in curves
        if line['epoch'] <= leg.end and same_size(leg_of(plan, int(line['epoch']) - 1), leg)
    ]
    if head is not None and same_size(leg, plan[-1]):
        lines = [
            line
            for line in lines
            if line['val_loss'] < head['val_loss'] and line['val_accuracy'] >= head['val_accuracy']
        ]
    best = min(lines, key=lambda line: line['val_loss'], default=None)
    return None if best is None else int(best['epoch']) - 1


def next_epoch(plan: Sequence[Leg], curves: Sequence[Curve], patience: int) -> int:
    """Return the epoch that follows those of the curves; the end of the plan if all is done.

    Where a stage had no better validation loss for `patience` epochs, the next stage follows.

    Args:
        plan: the stages.
        curves: lines of the epochs done; `epoch` counts from 1.
        patience: 0: every stage runs to its end.
    """
    if not curves:
        return 0
    last = int(curves[-1]['epoch']) - 1
    leg = leg_of(plan, last)
    best = best_epoch(leg, curves) if patience else None
    ended = best is not None and last - best >= patience
    return leg.end if ended else last + 1


def seconds_left(plan: Sequence[Leg], curves: Sequence[Curve]) -> float:
    """Return how long the epochs to come may take: as the last one, by the pixels of an image."""
    last = curves[-1]
    of_last = leg_of(plan, int(last['epoch']) - 1).stage
    pixels = [
        leg.stage.height * leg.stage.width * max(0, leg.end - max(leg.first, int(last['epoch'])))
        for leg in plan
    ]
    return last['seconds'] * sum(pixels) / (of_last.height * of_last.width)
