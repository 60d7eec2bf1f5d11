# SPDX-License-Identifier: Apache-2.0
"""Scores become a decision that a planner may act on: a label, `unknown` or `stale`."""

from typing import NamedTuple

from mobilenet_perception.clock import NS_PER_MS

UNKNOWN = 'unknown'
STALE = 'stale'


class Scored(NamedTuple):
    """A label and its calibrated probability, 0 to 1."""

    label: str
    score: float


class Decision(NamedTuple):
    """What the planner may act on.

    Attributes:
        label: a label of the bundle, `unknown` or `stale`.
        score: of the best label in the evidence, 0 to 1; 0 when stale.
        stamp_ns: capture stamp of the frame it rests on; None when stale.
    """

    label: str
    score: float
    stamp_ns: int | None


class _Evidence(NamedTuple):
    best: Scored
    stamp_ns: int
    captured_ns: int


class Decider:
    """Holds the last on-time answer of one camera for as long as it may be believed.

    Args:
        decide_above: score from which a label is taken, 0 to 1; below: `unknown`.
        timeout_ms: age of the evidence, since its capture, from which the decision is `stale`.
    """

    def __init__(self, decide_above: float, timeout_ms: float) -> None:
        self.decide_above = decide_above
        self.timeout_ms = timeout_ms
        self._evidence: _Evidence | None = None

    def take(self, best: Scored, stamp_ns: int, captured_ns: int) -> None:
        """Take in an on-time answer.

        Args:
            best: the label with the highest score.
            stamp_ns: capture stamp from the message's header.
            captured_ns: the moment of capture on the steady clock.
        """
        self._evidence = _Evidence(best, stamp_ns, captured_ns)

    def forget(self) -> None:
        """Drop the evidence: time has jumped, or the camera has stopped."""
        self._evidence = None

    def decide(self, steady_ns: int) -> Decision:
        """Return the decision at a moment of the steady clock."""
        evidence = self._evidence
        if evidence is None or steady_ns - evidence.captured_ns > self.timeout_ms * NS_PER_MS:
            return Decision(STALE, 0.0, None)
        label, score = evidence.best
        if score < self.decide_above:
            label = UNKNOWN
        return Decision(label, score, evidence.stamp_ns)
