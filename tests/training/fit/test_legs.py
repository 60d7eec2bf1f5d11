# SPDX-License-Identifier: Apache-2.0
from training.configuration.settings import Configuration, Stage
from training.fit.legs import Leg, best_epoch, kept_epoch, leg_of, legs, next_epoch, seconds_left


def plan(*stages: Stage, patience: int = 0) -> tuple[Leg, ...]:
    return legs(Configuration('x', stages, patience=patience))


def losses(*values: float, first: int = 1) -> list[dict[str, float]]:
    return [{'epoch': first + i, 'val_loss': value} for i, value in enumerate(values)]


def test_a_schedule_goes_on_until_a_stage_begins_another() -> None:
    small, large, tuned = plan(Stage(3, 32, 32), Stage(4, 64, 64), Stage(5, 64, 64, 'all', 1e-4))
    assert (small.schedule_first, small.schedule_end) == (0, 7)
    assert (large.schedule_first, large.schedule_end) == (0, 7)
    assert (tuned.schedule_first, tuned.schedule_end) == (7, 12)
    assert (small.peak, large.peak, tuned.peak) == (2e-3, 2e-3, 1e-4)
    assert [leg.optimizer_first for leg in (small, large, tuned)] == [0, 0, 7]


def test_an_optimiser_begins_where_other_weights_are_trained() -> None:
    _, body = plan(Stage(2, 32, 32, 'head'), Stage(2, 32, 32, 'all'))
    assert (body.optimizer_first, body.schedule_first) == (2, 0)


def test_with_patience_each_stage_has_its_own_optimiser() -> None:
    assert [leg.optimizer_first for leg in plan(Stage(2, 32, 32), Stage(2, 32, 32))] == [0, 0]
    patient = plan(Stage(2, 32, 32), Stage(2, 32, 32), patience=3)
    assert [leg.optimizer_first for leg in patient] == [0, 2]


def test_an_epoch_follows_the_one_before() -> None:
    stages = plan(Stage(2, 32, 32), Stage(3, 32, 32))
    assert next_epoch(stages, [], 0) == 0
    assert next_epoch(stages, losses(1.0, 2.0, 3.0), 0) == 3
    assert next_epoch(stages, losses(1.0, 2.0, 3.0, 4.0, 5.0), 0) == 5
    assert leg_of(stages, 1).number == 0
    assert leg_of(stages, 2).number == 1


def test_a_stage_ends_when_patience_does() -> None:
    stages = plan(Stage(6, 32, 32), Stage(3, 32, 32), patience=2)
    assert next_epoch(stages, losses(3.0, 2.0, 2.5), 2) == 3
    assert next_epoch(stages, losses(3.0, 2.0, 2.5, 2.0), 2) == 6
    # The loss of another stage, at another size, does not count.
    lines = [*losses(3.0, 1.0, 2.5, 2.0), *losses(2.8, first=7)]
    assert next_epoch(stages, lines, 2) == 7
    assert best_epoch(stages[0], lines) == 1
    assert best_epoch(stages[1], lines) == 6


def test_larger_images_are_expected_to_take_longer() -> None:
    stages = plan(Stage(2, 32, 32), Stage(3, 64, 64))
    assert seconds_left(stages, [{'epoch': 1, 'seconds': 10.0}]) == 10.0 + 3 * 40.0
    assert seconds_left(stages, [{'epoch': 4, 'seconds': 40.0}]) == 40.0
    assert seconds_left(stages, [{'epoch': 5, 'seconds': 40.0}]) == 0.0


def test_the_best_of_all_stages_of_one_size_is_kept() -> None:
    stages = plan(Stage(1, 16, 16), Stage(2, 32, 32, 'head'), Stage(2, 32, 32, 'all', 1e-4))
    lines = losses(0.1, 2.0, 1.0, 3.0, 1.5)
    assert [kept_epoch(stages, leg, lines) for leg in stages] == [0, 2, 2]
    assert kept_epoch(stages, stages[1], lines[:1]) is None
    assert [leg.optimizer_first for leg in plan(Stage(0, 32, 32), Stage(2, 32, 32))] == [0, 0]


def test_an_epoch_that_is_below_the_fitted_head_is_not_kept() -> None:
    (stage,) = stages = plan(Stage(3, 32, 32))
    found = ((1.0, 0.7), (0.8, 0.9), (0.9, 0.8))
    lines = [
        {'epoch': number, 'val_loss': loss, 'val_accuracy': accuracy}
        for number, (loss, accuracy) in enumerate(found, 1)
    ]
    head = {'val_loss': 0.95, 'val_accuracy': 0.8}
    assert kept_epoch(stages, stage, lines, head) == 1
    assert kept_epoch(stages, stage, lines, {**head, 'val_accuracy': 0.95}) is None
    assert kept_epoch(stages, stage, lines, {**head, 'val_loss': 0.8}) is None
    assert kept_epoch(stages, stage, [lines[0], lines[2]], head) == 2
    # What validates at another input size does not compare.
    small = plan(Stage(3, 16, 16), Stage(1, 32, 32))
    assert kept_epoch(small, small[0], lines, {**head, 'val_loss': 0.1}) == 1
