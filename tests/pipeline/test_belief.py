# SPDX-License-Identifier: Apache-2.0
"""Belief grows with evidence, fades with time, and does not depend on the frame rate."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobilenet_perception.pipeline.decision import Belief

MS = 1_000_000


def scores(label: int, score: float, labels: int = 4) -> npt.NDArray[np.float32]:
    found = np.full(labels, (1 - score) / (labels - 1), np.float32)
    found[label] = score
    return found


def test_evidence_adds_up_and_contradiction_takes_away() -> None:
    belief = Belief(4, 2000.0)
    first = belief.update(scores(1, 0.7), 0)
    second = belief.update(scores(1, 0.7), 33 * MS)
    assert first[1] == pytest.approx(0.7, abs=0.05)
    assert second[1] > first[1] + 0.1
    third = belief.update(scores(2, 0.7), 66 * MS)
    assert third[2] > second[2]
    assert third.argmax() == 1


def test_one_wrong_frame_turns_nothing_and_two_do() -> None:
    belief = Belief(4, 2000.0)
    for index in range(10):
        belief.update(scores(1, 0.95), index * 33 * MS)
    assert belief.update(scores(2, 0.99), 330 * MS).argmax() == 1
    assert belief.update(scores(2, 0.99), 363 * MS).argmax() == 2


def test_it_fades_by_time() -> None:
    belief = Belief(4, 2000.0)
    belief.update(scores(1, 0.9), 0)
    later = [belief.predict(ms * MS)[1] for ms in (0, 500, 2000, 60_000)]
    assert later == sorted(later, reverse=True)
    assert later[-1] == pytest.approx(0.25, abs=0.001)
    # Looking does not change it.
    assert belief.predict(0)[1] == later[0]
    belief.forget()
    np.testing.assert_array_equal(belief.predict(0), np.full(4, 0.25))


def test_ten_frames_at_once_are_one_witness() -> None:
    slow, fast = Belief(4, 2000.0), Belief(4, 2000.0)
    for ms in range(0, 240, 60):
        slow.update(scores(1, 0.6), ms * MS)
    for ms in range(0, 210, 2):
        fast.update(scores(1, 0.6), ms * MS)
    assert fast.predict(240 * MS)[1] < slow.predict(240 * MS)[1] + 0.3
    same = Belief(4, 2000.0)
    once = same.update(scores(1, 0.6), 0)[1]
    for _ in range(10):
        again = same.update(scores(1, 0.6), 0)[1]
    assert again == pytest.approx(once)


TIMES = st.lists(st.tuples(st.integers(-100, 3000), st.integers(0, 3), st.floats(0, 1)))


@given(TIMES, st.floats(10.0, 1e6))
def test_it_is_a_distribution_whatever_comes(
    frames: list[tuple[int, int, float]], persistence_ms: float
) -> None:
    belief, now = Belief(4, persistence_ms), 0
    for step_ms, label, score in frames:
        now += step_ms * MS
        found = belief.update(scores(label, score), now)
        assert found.sum() == pytest.approx(1.0)
        assert (found > 0).all()
