# SPDX-License-Identifier: Apache-2.0
"""Knowledge for planners: what is known now, how old it is, and whether it may be acted on.

No ROS is imported.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from mobilenet_perception.pipeline.decision import LIKELY, STALE, UNKNOWN
from mobilenet_perception.pipeline.timing import NS_PER_MS, Clock, SystemClock

NOTHING = 'nothing'
"""Label of a camera with regions that has nothing in view, although it looks."""


class Knowledge(NamedTuple):
    """What a planner knows of one camera, or of one thing before it, at one moment.

    Attributes:
        label: a label of the bundle, `unknown` or `stale`; `nothing` of a camera with regions.
        score: its probability given the recent frames, 0 to 1; 0 when stale.
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

    Of a camera with regions it takes those of `~/<camera>/decisions`, and tells thing by thing.

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
        """Take in decisions, shaped like vision_msgs/Classification or Detection2DArray."""
        # One assignment, so that another thread sees the old pair or the new one.
        self._last = (message, self._clock.steady_ns())

    def now(self) -> Knowledge:
        """Return what is known at this moment; of several things, of the one known least."""
        known = self.in_view()
        return min(known, key=lambda thing: (thing.may_act, thing.score))

    def things(self) -> dict[str, Knowledge]:
        """Return what is known of each thing that regions name, by id.

        The empty id is the camera as a whole, when it gives no answers. Empty: nothing is in view,
        or the camera has no regions.
        """
        silence = self._silence()
        if silence:
            return {'': _nothing(silence)}
        assert self._last is not None
        message, _ = self._last
        if not hasattr(message, 'detections'):
            return {}
        return {
            found.id: self._known(found, [result.hypothesis for result in found.results])
            for found in message.detections
        }

    def in_view(self) -> list[Knowledge]:
        """Return what is known of its things, or of the camera itself; at least one."""
        things = self.things()
        if things or self._last is None:
            return list(things.values())
        message, _ = self._last
        if hasattr(message, 'detections'):
            return [Knowledge(NOTHING, 1.0, self._age_ms(message), True, '')]
        return [self._known(message, message.results)]

    def _silence(self) -> str:
        if self._last is None:
            return 'no decision has come yet: is the classifier active?'
        silent_ms = (self._clock.steady_ns() - self._last[1]) / NS_PER_MS
        if silent_ms > self._silence_ms:
            return f'no decision for {silent_ms / 1e3:.1f} s: the classifier is gone'
        return ''

    def _known(self, message: Any, hypotheses: Sequence[Any]) -> Knowledge:
        if not hypotheses:
            return _nothing('the decision holds no label')
        label, score = hypotheses[0].class_id, float(hypotheses[0].score)
        if label == STALE:
            return _nothing('the camera or the runtime gives no answers in time')
        age_ms = self._age_ms(message)
        reason = ''
        if label == UNKNOWN:
            reason = _undecided(score)
        elif age_ms > self._max_age_ms:
            reason = f'it is {age_ms:.0f} ms old, more than {self._max_age_ms:g} ms'
        elif age_ms < -self._max_age_ms:
            reason = f'its stamp lies {-age_ms:.0f} ms in the future: the clocks differ'
        elif score < self._least_score:
            reason = f'its score is {_cut(score)}, less than {self._least_score:g}'
        return Knowledge(label, score, age_ms, not reason, reason)

    def _age_ms(self, message: Any) -> float:
        stamp = message.header.stamp
        stamp_ns = stamp.sec * 1_000_000_000 + stamp.nanosec
        return float(self._clock.now_ns() - stamp_ns) / NS_PER_MS


def combined(
    cameras: dict[str, CameraKnowledge], cautious: Callable[[str], int]
) -> tuple[str, Knowledge]:
    """Return the camera that asks for the most caution, by any thing in view, and that knowledge.

    Args:
        cameras: by name; at least one.
        cautious: caution that a label asks for, also `unknown` and `stale`: the highest wins, of
            equals the first camera.
    """
    known = {
        name: max(camera.in_view(), key=lambda thing: cautious(thing.label))
        for name, camera in cameras.items()
    }
    name = max(known, key=lambda camera: cautious(known[camera].label))
    return name, known[name]


def _undecided(score: float) -> str:
    # Rounded down: never 1.00 of what is not sure, nor a limit that is not reached.
    likely = 'above 0.99' if score >= 0.995 else _cut(score)
    reason = f'no label is decided: the likeliest has {likely} over the recent frames'
    weak = ', but none of these shows it clearly enough by itself'
    return reason + (weak if score >= LIKELY else '')


def _cut(score: float) -> str:
    return f'{math.floor(score * 100) / 100:.2f}'


def _nothing(reason: str) -> Knowledge:
    return Knowledge(STALE, 0.0, None, False, reason)
