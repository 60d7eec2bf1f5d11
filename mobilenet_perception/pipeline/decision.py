# SPDX-License-Identifier: Apache-2.0
"""The decision to act on, from the scores of recent frames: a label, `unknown` or `stale`.

A belief says how probable each label is, given the frames until now; a decider takes and leaves
labels by it.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mobilenet_perception.pipeline.timing import NS_PER_MS

Probabilities = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]

UNKNOWN = 'unknown'
STALE = 'stale'
LIKELY = 0.5
"""Belief below which a label is not taken, however clearly a frame shows it."""
# Belief below which a label is left.
_LEFT = 0.3
# Score of a frame that is clear enough, where neither the rules nor the bundle say.
_DECIDE_ABOVE = 0.5
# Chance that a frame says nothing of what is there: blur, a passer-by, a network that errs.
_OUTLIER = 0.05
# Frames closer than this to one another are one picture taken twice, not two witnesses.
_INDEPENDENT_MS = 30.0


class ScoredLabel(NamedTuple):
    """A label and its calibrated probability, 0 to 1."""

    label: str
    score: float


def best_labels(labels: Sequence[str], scores: Floats, count: int) -> tuple[ScoredLabel, ...]:
    """Return the labels with the best of (labels,) scores, so many at most, the best first."""
    best = scores.argsort()[::-1][:count]
    return tuple(ScoredLabel(labels[index], float(scores[index])) for index in best)


class Decision(NamedTuple):
    """What the planner may act on.

    Attributes:
        label: a label of the bundle, `unknown` or `stale`.
        score: probability of the label given the recent frames, 0 to 1; when unknown that of the
            likeliest, which may be high: then no frame shows it clearly enough by itself (a score
            of `decide_above`); 0 when stale.
        stamp_ns: capture stamp of the last frame that supports it; None when stale.
    """

    label: str
    score: float
    stamp_ns: int | None


class DecisionRules(NamedTuple):
    """When a label is taken and left.

    Attributes:
        decide_above: score of one frame from which a label is taken, 0 to 1, if the frames before
            do not speak against it; 0: what the variant says for the label.
        leave_below: score below which a frame does not support its label; in between it holds. A
            value above `decide_above` is taken for that.
        timeout_ms: age of the evidence, since its capture, from which the decision is `stale`.
        persistence_ms: mean time that a label lasts: what is older weighs little.
    """

    decide_above: float = 0.0
    leave_below: float = 0.5
    timeout_ms: float = 500.0
    persistence_ms: float = 2000.0

    def threshold(self, label: int, decide_above: Floats | None) -> float:
        """Return the score from which a label is taken, by its number.

        Args:
            label: its number.
            decide_above: (labels,) of the variant that gave the score; None: it has none.
        """
        if self.decide_above or decide_above is None:
            return self.decide_above or _DECIDE_ABOVE
        return float(decide_above[label])

    def is_clear(self, scores: Floats, decide_above: Floats | None) -> bool:
        """Whether (labels,) scores show a label clearly enough; see `threshold`."""
        best = int(scores.argmax())
        return bool(scores[best] >= self.threshold(best, decide_above))


class _Evidence(NamedTuple):
    """When a frame was captured: by its header, and on the steady clock."""

    stamp_ns: int
    captured_ns: int


class Decider:
    """Decides for one camera.

    Two things must come together: a frame that is strong by itself, since many weak frames of one
    thing are weak for one reason and do not add up to a strong one; and the belief of all recent
    frames, since a strong frame may be wrong. A label is held for no longer than the time-out
    after the last frame that supports it, whatever other frames say.

    Args:
        labels: in the order of the scores.
        rules: when a label is taken and left.
    """

    def __init__(self, labels: tuple[str, ...], rules: DecisionRules) -> None:
        self._labels = labels
        self._rules = rules
        self._belief = Belief(len(labels), rules.persistence_ms)
        self.forget()

    def set_rules(self, rules: DecisionRules) -> None:
        """Change when a label is taken and left, from now on."""
        self._rules = rules
        self._belief.persistence_ms = rules.persistence_ms

    def forget(self) -> None:
        """Drop the evidence: time has jumped, or the camera has stopped."""
        self._belief.forget()
        self._held: int | None = None
        self._last: _Evidence | None = None
        self._strong: dict[int, _Evidence] = {}
        self._support: dict[int, _Evidence] = {}

    def update(
        self,
        scores: Floats,
        stamp_ns: int,
        captured_ns: int,
        decide_above: Floats | None = None,
    ) -> None:
        """Take in an on-time answer.

        Args:
            scores: (labels,) calibrated probabilities.
            stamp_ns: capture stamp from the message's header.
            captured_ns: the moment of capture on the steady clock.
            decide_above: (labels,) scores from which the variant that answered shows each label
                clearly enough; None: it does not say.
        """
        rules, evidence = self._rules, _Evidence(stamp_ns, captured_ns)
        belief = self._belief.update(scores, captured_ns)
        shown = int(scores.argmax())
        self._last = evidence
        threshold = rules.threshold(shown, decide_above)
        if scores[shown] >= min(rules.leave_below, threshold):
            self._support[shown] = evidence
        if scores[shown] >= threshold:
            self._strong[shown] = evidence
        best = int(belief.argmax())
        strong = self._strong.get(best)
        if strong and belief[best] >= LIKELY and not self._is_old(strong, captured_ns):
            self._held = best
        elif self._held is not None and not self._holds(self._held, captured_ns):
            self._held = None

    def decide(self, steady_ns: int) -> Decision:
        """Return the decision at a moment of the steady clock."""
        if self._last is None or self._is_old(self._last, steady_ns):
            return Decision(STALE, 0.0, None)
        belief = self._belief.predict(steady_ns)
        held = self._held
        if held is None or not self._holds(held, steady_ns):
            return Decision(UNKNOWN, float(belief.max()), self._last.stamp_ns)
        return Decision(self._labels[held], float(belief[held]), self._support[held].stamp_ns)

    def _holds(self, label: int, steady_ns: int) -> bool:
        probable = bool(self._belief.predict(steady_ns)[label] >= _LEFT)
        return probable and not self._is_old(self._support[label], steady_ns)

    def _is_old(self, evidence: _Evidence, steady_ns: int) -> bool:
        return steady_ns - evidence.captured_ns > self._rules.timeout_ms * NS_PER_MS


class Belief:
    """The forward filter of a hidden Markov model (Rabiner, Proceedings of the IEEE 77(2), 1989).

    What is in front of the camera changes now and then, to any other label alike; each frame shows
    it through calibrated scores, or by chance something else. Forgetting goes by time, not by the
    number of frames.

    Args:
        labels: how many there are.
        persistence_ms: mean time that a label lasts.
    """

    def __init__(self, labels: int, persistence_ms: float) -> None:
        self.persistence_ms = persistence_ms
        self._labels = labels
        self.forget()

    def forget(self) -> None:
        """Start anew: every label is as probable as the others."""
        self._belief: Probabilities = np.full(self._labels, 1.0 / self._labels)
        self._captured_ns: int | None = None

    def update(self, scores: Floats, captured_ns: int) -> Probabilities:
        """Take in a frame and return (labels,) probabilities as of its capture.

        Args:
            scores: (labels,) calibrated probabilities.
            captured_ns: the moment of capture on the steady clock; one before the last frame's
                is taken for the same moment.
        """
        weight, last_ns = 1.0, self._captured_ns
        if last_ns is not None:
            captured_ns = max(captured_ns, last_ns)
            weight = min(1.0, (captured_ns - last_ns) / NS_PER_MS / _INDEPENDENT_MS)
        likelihood = (1 - _OUTLIER) * scores.astype(np.float64) + _OUTLIER / self._labels
        belief = self.predict(captured_ns) * likelihood**weight
        self._belief, self._captured_ns = belief / belief.sum(), captured_ns
        return self._belief

    def predict(self, steady_ns: int) -> Probabilities:
        """Return (labels,) probabilities at a moment, without a frame since the last one."""
        if self._captured_ns is None:
            return self._belief
        passed_ms = max(0, steady_ns - self._captured_ns) / NS_PER_MS
        stays = math.exp(-passed_ms / self.persistence_ms)
        return np.asarray(stays * self._belief + (1 - stays) / self._labels)
