# SPDX-License-Identifier: Apache-2.0
"""A decision is a label, unknown or stale, and never outlives its evidence."""

from mobilenet_perception.decision import Decider, Decision, Scored

MS = 1_000_000


def test_no_frame_is_stale() -> None:
    assert Decider(0.5, 100.0).decide(0) == Decision('stale', 0.0, None)


def test_strong_label_then_stale_by_capture_time() -> None:
    decider = Decider(0.5, 100.0)
    decider.take(Scored('stop', 0.9), stamp_ns=77, captured_ns=0)
    assert decider.decide(100 * MS) == Decision('stop', 0.9, 77)
    assert decider.decide(100 * MS + 1).label == 'stale'


def test_weak_label_is_unknown_and_keeps_its_score() -> None:
    decider = Decider(0.5, 100.0)
    decider.take(Scored('stop', 0.49), stamp_ns=77, captured_ns=0)
    assert decider.decide(MS) == Decision('unknown', 0.49, 77)


def test_forgotten_is_stale() -> None:
    decider = Decider(0.5, 100.0)
    decider.take(Scored('stop', 0.9), stamp_ns=77, captured_ns=0)
    decider.forget()
    assert decider.decide(1).label == 'stale'
