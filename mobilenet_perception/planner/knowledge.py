# SPDX-License-Identifier: Apache-2.0
"""Knowledge for planners: what is known now, how old it is, and whether it may be acted on.

No ROS is imported.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from mobilenet_perception.pipeline.decision import LEAST_BELIEF, STALE, UNKNOWN
from mobilenet_perception.pipeline.timing import NS_PER_MS, Clock, SystemClock


class Knowledge(NamedTuple):
    """What a planner knows of one camera at one moment.

    Attributes:
        label: a label of the bundle, `unknown` or `stale`.
        score: its probability given the recent frames, 0 to 1; when `unknown`, that of the most
            probable label, which may be high although no single frame shows it; 0 when stale.
        age_ms: time since the capture of the last frame that supports it; None when stale.
        may_act: whether it is a label, fresh enough and sure enough.
        reason: why it may not be acted on; empty when it may.
    """

    label: str
    score: float
    age_ms: float | None
    may_act: bool
    reason: str


class CameraKnowledge:
    """Takes the messages of `~/<camera>/decision` and answers at any time, also when none come.

    A subscription's callback is `take`; `now` is asked whenever the planner plans. Each may be
    called from any thread.

    Example:
        known = CameraKnowledge(max_age_ms=200.0)
        node.create_subscription(Classification, '/classifier/front/decision', known.take, 10)
        ...
        if known.now().label == 'stop' or not known.now().may_act:
            slow_down()

    Args:
        max_age_ms: age of the supporting frame from which a label may not be acted on.
        least_score: score below which it may not.
        silence_ms: time without any message after which the node is taken for dead: longer than
            the node's `decision_timeout_ms`, within which it always publishes.
        clock: tells the time; with simulated time, `now_ns` must be that of the simulation.
    """

    def __init__(
        self,
        max_age_ms: float = 200.0,
        least_score: float = 0.5,
        silence_ms: float = 1000.0,
        clock: Clock | None = None,
    ) -> None:
        self._max_age_ms = max_age_ms
        self._least_score = least_score
        self._silence_ms = silence_ms
        self._clock = clock or SystemClock()
        self._last: tuple[Any, int] | None = None

    def take(self, message: Any) -> None:
        """Take in a decision, shaped like vision_msgs/Classification."""
        # One assignment, so that another thread sees the old pair or the new one.
        self._last = (message, self._clock.steady_ns())

    def now(self) -> Knowledge:
        """Return what is known at this moment."""
        if self._last is None:
            return _nothing('no decision has come yet: is the classifier active?')
        message, received_ns = self._last
        silent_ms = (self._clock.steady_ns() - received_ns) / NS_PER_MS
        if silent_ms > self._silence_ms:
            return _nothing(f'no decision for {silent_ms / 1e3:.1f} s: the classifier is gone')
        if not message.results:
            return _nothing('the decision holds no label')
        label, score = message.results[0].class_id, float(message.results[0].score)
        if label == STALE:
            return _nothing('the camera or the runtime gives no answers in time')
        stamp = message.header.stamp
        stamp_ns = stamp.sec * 1_000_000_000 + stamp.nanosec
        age_ms = (self._clock.now_ns() - stamp_ns) / NS_PER_MS
        reason = ''
        if label == UNKNOWN:
            reason = _unknown(score)
        elif age_ms > self._max_age_ms:
            reason = f'it is {math.ceil(age_ms)} ms old, more than {self._max_age_ms:g} ms'
        elif age_ms < -self._max_age_ms:
            reason = f'its stamp lies {-age_ms:.0f} ms in the future: the clocks differ'
        elif score < self._least_score:
            reason = f'its score, {_share(score)}, is less than {self._least_score:g}'
        return Knowledge(label, score, age_ms, not reason, reason)


def combined(
    cameras: dict[str, CameraKnowledge], cautious: Callable[[str], int]
) -> tuple[str, Knowledge]:
    """Return the camera whose knowledge asks for the most caution, and that knowledge.

    Args:
        cameras: by name; at least one.
        cautious: caution that a label asks for, also `unknown` and `stale`: the highest wins, of
            equals the first camera.
    """
    known = {name: camera.now() for name, camera in cameras.items()}
    name = max(known, key=lambda camera: cautious(known[camera].label))
    return name, known[name]


def _unknown(score: float) -> str:
    """Say why there is no label; `score` is the best one's probability by the recent frames."""
    if score < LEAST_BELIEF:
        return (
            f'no label is probable enough: by the recent frames together the best has '
            f'{_share(score)}, and {LEAST_BELIEF:g} is needed'
        )
    return (
        f'by the recent frames together one label has {_share(score)}, but no single frame shows '
        'it surely enough (decide_above, leave_below), or the last that did is too old'
    )


def _share(score: float) -> str:
    """Write a score without rounding it to certainty, or across a threshold."""
    return f'{math.floor(score * 1000) / 1000:.3f}'


def _nothing(reason: str) -> Knowledge:
    return Knowledge(STALE, 0.0, None, False, reason)
