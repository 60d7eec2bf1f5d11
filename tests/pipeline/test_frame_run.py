# SPDX-License-Identifier: Apache-2.0
"""One frame: retried on a faster variant while there is time, looked at again when weak."""

import math
from typing import Any, NamedTuple

import numpy as np
import pytest

from mobilenet_perception.errors import AbandonedError, FrameError
from mobilenet_perception.inference.bundle import Variant
from mobilenet_perception.inference.classifier import Scores
from mobilenet_perception.pipeline.budget import Budget
from mobilenet_perception.pipeline.frame_run import FrameOutcome, Task, run_frame
from mobilenet_perception.pipeline.timing import Outcome
from tests.support.image_messages import plain_message

PROFILE = {'large': 10.0, 'middle': 5.0, 'small': 1.0}


class Answer(NamedTuple):
    """What a variant does: takes its time, and scores, raises, or says nonsense."""

    ms: float
    score: float = 0.9
    error: Exception | None = None


class Scripted:
    """A clock, and a classifier whose runs take time of that clock."""

    def __init__(self, **answers: Answer) -> None:
        self.ns = 0
        self.ran: list[str] = []
        self._answers = {**{name: Answer(ms) for name, ms in PROFILE.items()}, **answers}

    def steady_ns(self) -> int:
        return self.ns

    def now_ns(self) -> int:
        return self.ns

    def variant(self, name: str) -> Variant:
        return Variant(name, f'{name}.onnx', '', 1.0, 8, 8, 'fp32', 0.9, 1, 1, 1.0)

    def classify(self, frame: Any, roi: Any, variant: str, abandon_after_ms: float) -> Scores:
        answer = self._answers[variant]
        self.ran.append(variant)
        took = min(answer.ms, abandon_after_ms)
        self.ns += round(took * 1e6)
        if answer.ms > abandon_after_ms:
            raise AbandonedError(variant, took)
        if answer.error is not None:
            raise answer.error
        scores = np.array([answer.score, 1 - answer.score], np.float32)
        return Scores(scores, 0.0, answer.ms)


def run(
    script: Scripted, left_ms: float, second_below: float = 0.0, finish_late: bool = False
) -> FrameOutcome:
    budget = Budget(PROFILE)
    for _ in range(100):
        budget.record_run('large', 10.0)
        budget.record_overhead(0.0)

    def is_clear(found: Scores) -> bool:
        return bool(found.scores.max() >= second_below)

    task = Task(
        plain_message('red'), None, tuple(PROFILE), '', left_ms,
        is_clear if second_below else None, finish_late,
    )  # fmt: skip
    return run_frame(task, script, budget, script)  # type: ignore[arg-type]


def test_one_look_on_the_best_that_fits() -> None:
    script = Scripted()
    found = run(script, 7.0)
    assert (found.outcome, script.ran) == (Outcome.ON_TIME, ['middle'])
    assert found.times['variant'] == 'middle' and found.times['looks'] == 1
    assert found.reason == ''


def test_without_time_nothing_runs() -> None:
    script = Scripted()
    found = run(script, 0.5)
    assert (found.outcome, script.ran) == (Outcome.EXPIRED, [])
    assert 'the fastest variant needs 1.' in found.reason


def test_a_run_that_hangs_is_abandoned_for_one_that_finishes() -> None:
    script = Scripted(large=Answer(500.0))
    found = run(script, 40.0)
    assert (found.outcome, script.ran[0]) == (Outcome.ON_TIME, 'large')
    assert len(script.ran) == 2
    assert script.ns / 1e6 < 40.0
    assert 'large was abandoned after' in found.reason
    assert found.times['inference_ms'] == pytest.approx(script.ns / 1e6)


def test_a_run_is_stopped_at_the_deadline_unless_it_may_be_late() -> None:
    script = Scripted(large=Answer(60.0), middle=Answer(60.0), small=Answer(60.0))
    found = run(script, 12.0)
    assert (found.outcome, found.scores) == (Outcome.LATE, None)
    assert script.ns / 1e6 == pytest.approx(12.0)
    script = Scripted(large=Answer(60.0))
    found = run(script, 12.0, finish_late=True)
    assert found.scores is not None and script.ns / 1e6 == pytest.approx(60.0)


def test_a_slow_run_without_time_for_another_is_let_be() -> None:
    script = Scripted(large=Answer(11.9))
    found = run(script, 12.0)
    assert (found.outcome, script.ran) == (Outcome.ON_TIME, ['large'])


@pytest.mark.parametrize('error', [RuntimeError('out of memory'), MemoryError()])
def test_a_runtime_that_fails_is_tried_on_a_faster_variant(error: Exception) -> None:
    script = Scripted(large=Answer(1.0, error=error))
    found = run(script, 40.0)
    assert (found.outcome, script.ran) == (Outcome.ON_TIME, ['large', 'middle'])
    assert found.times['variant'] == 'middle'
    assert type(error).__name__ in found.reason


def test_if_all_fail_the_reason_is_the_first() -> None:
    broken = {name: Answer(1.0, error=RuntimeError(f'no {name}')) for name in PROFILE}
    script = Scripted(**broken)
    found = run(script, 40.0)
    assert (found.outcome, found.scores) == (Outcome.FAILED, None)
    assert script.ran == list(PROFILE)
    assert found.reason == 'large: RuntimeError: no large; and 2 more variant(s) failed'


def test_failing_takes_no_more_time_than_there_is() -> None:
    script = Scripted(large=Answer(41.0, error=RuntimeError('late')))
    found = run(script, 40.0)
    assert len(script.ran) <= 2
    assert script.ns / 1e6 < 45.0
    assert found.outcome in (Outcome.ON_TIME, Outcome.FAILED, Outcome.LATE)


def test_a_bad_frame_is_rejected_at_once() -> None:
    script = Scripted(large=Answer(1.0, error=FrameError('the region lies outside')))
    found = run(script, 40.0)
    assert (found.outcome, script.ran) == (Outcome.REJECTED, ['large'])


def test_a_strong_answer_needs_no_second_look() -> None:
    script = Scripted()
    found = run(script, 40.0, second_below=0.8)
    assert (found.outcome, script.ran) == (Outcome.ON_TIME, ['small'])


def test_a_weak_answer_is_looked_at_again_on_the_best_that_fits() -> None:
    script = Scripted(small=Answer(1.0, 0.6))
    found = run(script, 40.0, second_below=0.8)
    assert (script.ran, found.times['variant']) == (['small', 'large'], 'large')
    assert found.scores is not None
    assert found.scores.scores[0] == pytest.approx(0.9)
    assert found.times['looks'] == 2
    script = Scripted(small=Answer(1.0, 0.6))
    assert run(script, 8.0, second_below=0.8).times['variant'] == 'middle'


@pytest.mark.parametrize('second', [Answer(500.0), Answer(2.0, error=RuntimeError('broken'))])
def test_a_second_look_that_fails_leaves_the_first_answer_in_time(second: Answer) -> None:
    script = Scripted(small=Answer(1.0, 0.6), large=second)
    found = run(script, 20.0, second_below=0.8)
    assert (found.outcome, script.ran) == (Outcome.ON_TIME, ['small', 'large'])
    assert found.times['variant'] == 'small'
    assert found.scores is not None
    assert found.scores.scores[0] == pytest.approx(0.6)
    assert script.ns / 1e6 <= 20.0


def test_without_a_deadline_the_best_is_run_to_its_end() -> None:
    script = Scripted(large=Answer(5000.0))
    found = run(script, math.inf)
    assert (found.outcome, script.ran) == (Outcome.ON_TIME, ['large'])
