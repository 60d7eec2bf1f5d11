# SPDX-License-Identifier: Apache-2.0
"""A decision is a label, unknown or stale, and never outlives its evidence."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.harness.votes import lag, voted
from mobilenet_perception.pipeline.decision import Decider, Decision, DecisionRules

MS = 1_000_000
LABELS = ('stop', 'yield', 'background')
RULES = DecisionRules(decide_above=0.8, leave_below=0.5, timeout_ms=100.0)


def scores(label: str, score: float) -> npt.NDArray[np.float32]:
    found = np.full(3, (1 - score) / 2, np.float32)
    found[LABELS.index(label)] = score
    return found


def decider(*frames: tuple[str, float], every_ms: int = 33) -> Decider:
    """Return one that has seen frames, the last of them at time 0."""
    found = Decider(LABELS, RULES)
    for index, (label, score) in enumerate(frames):
        found.update(scores(label, score), index, (index - len(frames) + 1) * every_ms * MS)
    return found


def test_no_frame_is_stale() -> None:
    assert decider().decide(0) == Decision('stale', 0.0, None)


def test_a_strong_label_then_stale_by_capture_time() -> None:
    found = decider(('stop', 0.9), ('stop', 0.9))
    label, score, stamp = found.decide(0)
    assert (label, stamp) == ('stop', 1)
    assert score > 0.9
    assert found.decide(100 * MS).label == 'stop'
    assert found.decide(100 * MS + 1) == Decision('stale', 0.0, None)


def test_each_label_is_decided_from_the_score_that_the_variant_says() -> None:
    decide_above = np.array([0.95, 0.6, 0.5], np.float32)

    def decided(label: str, score: float, rules: DecisionRules) -> str:
        found = Decider(LABELS, rules)
        found.update(scores(label, score), 0, 0, decide_above)
        return found.decide(0).label

    own = RULES._replace(decide_above=0.0)
    assert decided('stop', 0.9, own) == 'unknown'
    assert decided('stop', 0.96, own) == 'stop'
    assert decided('yield', 0.7, own) == 'yield'
    # The parameter puts one score in their place.
    assert decided('stop', 0.9, RULES) == 'stop'
    assert decided('yield', 0.7, RULES) == 'unknown'


def test_weak_frames_do_not_add_up_to_a_strong_one() -> None:
    found = decider(*[('stop', 0.75)] * 30)
    assert found.decide(0).label == 'unknown'
    assert found.decide(0).stamp_ns == 29


def test_a_label_holds_through_weaker_frames_that_support_it() -> None:
    frames = [('stop', 0.9), *[('stop', 0.6)] * 30]
    assert decider(*frames).decide(0).label == 'stop'
    # For as long as the time-out after the last that does.
    weak = [('stop', 0.45)] * 3
    found = decider(*frames, *weak)
    assert found.decide(0).label == 'stop'
    assert found.decide(0).stamp_ns == 30
    assert decider(*frames, *weak, ('stop', 0.45)).decide(0).label == 'unknown'


def test_one_wrong_frame_turns_nothing() -> None:
    held = [('stop', 0.95)] * 10
    assert decider(*held, ('yield', 0.99)).decide(0).label == 'stop'
    assert decider(*held, ('yield', 0.99), ('yield', 0.99)).decide(0).label == 'yield'


def test_forgotten_is_stale() -> None:
    found = decider(('stop', 0.9), ('stop', 0.9))
    found.forget()
    assert found.decide(1).label == 'stale'


def test_rules_hold_from_when_they_are_set() -> None:
    found = decider(*[('stop', 0.75)] * 5)
    found.set_rules(RULES._replace(decide_above=0.7))
    assert found.decide(0).label == 'unknown'
    found.update(scores('stop', 0.75), 9, 33 * MS)
    assert found.decide(33 * MS).label == 'stop'


FRAMES = st.lists(
    st.tuples(st.integers(-50, 400), st.sampled_from(LABELS), st.floats(0.34, 1.0)), max_size=60
)


@given(FRAMES, st.integers(0, 2000))
def test_no_label_is_shown_longer_than_the_time_out_after_its_last_frame(
    frames: Sequence[tuple[int, str, float]], later_ms: int
) -> None:
    found, now_ms = Decider(LABELS, RULES), 0
    last: dict[str, int] = {}
    for step_ms, label, score in frames:
        now_ms += step_ms
        given_scores = scores(label, score)
        found.update(given_scores, now_ms, now_ms * MS)
        shown = LABELS[int(given_scores.argmax())]
        # Frames may overtake one another: the last is the one that was captured last.
        last[shown] = max(last.get(shown, now_ms), now_ms)
        for ahead_ms in (0, later_ms):
            decided = found.decide((now_ms + ahead_ms) * MS).label
            if decided in LABELS:
                assert now_ms + ahead_ms - last[decided] <= RULES.timeout_ms


@pytest.mark.parametrize('seed', range(3))
def test_it_is_right_at_least_as_often_as_any_vote_over_a_fixed_window(seed: int) -> None:
    """A tenth of the frames are wrong, with the scores of right ones; labels last 1.8 s."""
    random = np.random.default_rng(seed)
    labels = tuple(str(number) for number in range(15))
    found = Decider(labels, DecisionRules(0.9, 0.65))
    truth: list[int] = []
    while len(truth) < 6000:
        truth += [int(random.integers(15))] * int(9 + random.exponential(45))
    answers, decided = [], []
    for index, true in enumerate(truth):
        wrong = random.random() < 0.1
        shown = (true + int(random.integers(1, 15))) % 15 if wrong else true
        score = 1 - min(0.7, random.beta(1, 12))
        frame = np.full(15, (1 - score) / 14, np.float32)
        frame[shown] = score
        answers.append(shown)
        found.update(frame, index, index * 33 * MS)
        label = found.decide(index * 33 * MS + 5 * MS).label
        decided.append(labels.index(label) if label in labels else -1)

    def right(given: Sequence[int]) -> float:
        return float(np.mean(np.array(given) == np.array(truth)))

    assert right(decided) > right(answers) + 0.06
    assert lag(truth, decided) < 1.6
    for window in (1, 3, 4, 5, 7):
        assert right(decided) >= right(voted(answers, window)) - 0.001, window
