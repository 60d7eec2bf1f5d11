# SPDX-License-Identifier: Apache-2.0
"""Decisions for things: a decider for each id that regions name, and whose turn it is to be seen.

A thing that no regions name for the time-out is forgotten. A camera that answers nothing for so
long is stale as a whole: that nothing is named must not read as if nothing were there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mobilenet_perception.frames import RegionOfInterest
from mobilenet_perception.inference.classifier import Thresholds
from mobilenet_perception.pipeline.decision import STALE, Decider, Decision, DecisionRules
from mobilenet_perception.pipeline.regions import Region, overlap
from mobilenet_perception.pipeline.timing import NS_PER_MS

# Things kept in mind: ids that are drawn anew with each frame must not fill the memory.
_MOST_THINGS = 256


class ThingDecision(NamedTuple):
    """What is decided of a thing.

    Attributes:
        id: of the thing; empty: the camera as a whole, which is stale then.
        roi: where it was last; None: the whole.
        decision: a label, `unknown` or `stale`.
    """

    id: str
    roi: RegionOfInterest | None
    decision: Decision


_CAMERA_IS_STALE = ThingDecision('', None, Decision(STALE, 0.0, None))


@dataclass
class _Thing:
    """A thing, the place where it was last, and when on the steady clock."""

    decider: Decider
    roi: RegionOfInterest
    seen_ns: int
    waits_since_ns: int


class Things:
    """The things in front of one camera.

    Args:
        labels: in the order of the scores.
        rules: when a label is taken and left.
    """

    def __init__(self, labels: tuple[str, ...], rules: DecisionRules) -> None:
        self._labels = labels
        self._rules = rules
        self.forget()

    def set_rules(self, rules: DecisionRules) -> None:
        """Change when a label is taken and left, from now on."""
        self._rules = rules
        for thing in self._things.values():
            thing.decider.set_rules(rules)

    def forget(self) -> None:
        """Drop all: time has jumped, or the camera has stopped."""
        self._things: dict[str, _Thing] = {}
        self._answered_ns: int | None = None

    def see(self, regions: Iterable[Region], steady_ns: int) -> None:
        """Take in the regions of a frame; regions without an id are nobody's.

        Two things that change places at once have been taken for each other: what was known of
        the one was seen of the other, and both start anew.
        """
        self._drop_old(steady_ns)
        moved = []
        for region in regions:
            if not region.id:
                continue
            thing = self._things.get(region.id)
            if thing is None:
                if len(self._things) >= _MOST_THINGS:
                    self._drop_oldest()
                decider = Decider(self._labels, self._rules)
                thing = _Thing(decider, region.roi, steady_ns, steady_ns)
                self._things[region.id] = thing
            elif overlap(thing.roi, region.roi) == 0.0:
                moved.append((thing, thing.roi, region.roi))
            thing.roi, thing.seen_ns = region.roi, steady_ns
        for thing, _, now in moved:
            if any(other is not thing and overlap(was, now) > 0.0 for other, was, _ in moved):
                thing.decider.forget()

    def order(self, regions: Sequence[Region], steady_ns: int) -> list[Region]:
        """Return regions as they should be looked at: who waits longest first, then the largest.

        A thing waits since it was first seen or last looked at.
        """

        def rank(region: Region) -> tuple[int, int]:
            thing = self._things.get(region.id)
            since_ns = steady_ns if thing is None else thing.waits_since_ns
            return since_ns, -region.roi.width * region.roi.height

        return sorted(regions, key=rank)

    def update(
        self,
        region_id: str,
        scores: npt.NDArray[np.float32],
        stamp_ns: int,
        captured_ns: int,
        steady_ns: int,
        decide_above: Thresholds | None = None,
    ) -> None:
        """Take in an answer in time; the arguments are those of `Decider.update`, and now."""
        thing = self._things.get(region_id)
        if thing is not None:
            thing.waits_since_ns = steady_ns
            thing.decider.update(scores, stamp_ns, captured_ns, decide_above)

    def record_answer(self, captured_ns: int) -> None:
        """Note a frame that ended in time, whether regions named something or not."""
        self._answered_ns = captured_ns

    def decide(self, steady_ns: int) -> list[ThingDecision]:
        """Return what is decided of each thing at a moment of the steady clock.

        The first may be of the camera as a whole, which is stale then.
        """
        self._drop_old(steady_ns)
        answered_ns = self._answered_ns
        is_stale = answered_ns is None or answered_ns < self._limit_ns(steady_ns)
        return [
            *([_CAMERA_IS_STALE] if is_stale else []),
            *(
                ThingDecision(name, thing.roi, thing.decider.decide(steady_ns))
                for name, thing in self._things.items()
            ),
        ]

    def _limit_ns(self, steady_ns: int) -> int:
        return steady_ns - round(self._rules.timeout_ms * NS_PER_MS)

    def _drop_old(self, steady_ns: int) -> None:
        limit_ns = self._limit_ns(steady_ns)
        old = [name for name, thing in self._things.items() if thing.seen_ns < limit_ns]
        for name in old:
            del self._things[name]

    def _drop_oldest(self) -> None:
        del self._things[min(self._things, key=lambda name: self._things[name].seen_ns)]
