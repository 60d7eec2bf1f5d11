# SPDX-License-Identifier: Apache-2.0
"""Advice on speed from the decisions of cameras: stop, slow or go; the most cautious one wins.

A speed falls at once, and rises late and slowly: one frame does not release a stop. No ROS is
imported.
"""

import math
from collections import deque
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.pipeline.decision import STALE, UNKNOWN
from mobilenet_perception.pipeline.timing import NS_PER_MS, Clock
from mobilenet_perception.planner.knowledge import CameraKnowledge, Knowledge

# Percent of full speed.
STOP, GO = 0.0, 100.0


class SpeedRules(NamedTuple):
    """How fast to go, in percent of full speed: 0 stop, 100 go.

    Attributes:
        labels: speed by label; one that is not here counts as `unknown`.
        unknown: speed while no label is sure.
        stale: speed while there is no answer, or none that may be acted on.
    """

    labels: Mapping[str, float]
    unknown: float = 50.0
    stale: float = 30.0


class Advice(NamedTuple):
    """How fast to go, and why.

    Attributes:
        percent: speed advised, percent of full speed.
        asked_percent: speed that the cameras ask for now: the advice rises to it slowly.
        camera: the most cautious camera.
        label: what it shows.
        reason: why, in words.
        is_sure: whether what it shows may be acted on.
    """

    percent: float
    asked_percent: float
    camera: str
    label: str
    reason: str
    is_sure: bool

    @property
    def word(self) -> str:
        """The advice in one word: stop, slow or go."""
        if self.percent <= STOP:
            return 'stop'
        return 'slow' if self.percent < GO else 'go'


class SpeedRelease:
    """Follows the speed asked for: downwards at once, upwards when it has been asked for long.

    The speed given is never above the lowest that was asked for within the hold time, and rises
    no faster than the rate.

    Args:
        after_ms: hold time: a lower speed is left so long after it was last asked for.
        percent_per_s: rate of the rise after that.
        percent: speed before anything is asked.
        steady_ns: the moment of that, on the steady clock.
    """

    def __init__(
        self, after_ms: float, percent_per_s: float, percent: float, steady_ns: int
    ) -> None:
        self._after_ns = round(after_ms * NS_PER_MS)
        self._percent_per_ns = percent_per_s / 1e9
        self._given, self._given_ns = percent, steady_ns
        # Speeds that hold it down, rising, each with the end of the time it was asked for.
        self._asked: deque[tuple[float, float]] = deque([(percent, math.inf)])

    def limit(self, percent: float, steady_ns: int) -> float:
        """Take in the speed asked for from now on; return the one to give, both in percent."""
        last, end_ns = self._asked.pop()
        self._asked.append((last, min(end_ns, steady_ns)))
        while self._asked and self._asked[-1][0] >= percent:
            self._asked.pop()
        self._asked.append((percent, math.inf))
        while self._asked[0][1] <= steady_ns - self._after_ns:
            self._asked.popleft()
        rise = self._percent_per_ns * (steady_ns - self._given_ns)
        self._given = min(self._asked[0][0], self._given + rise)
        self._given_ns = steady_ns
        return self._given


class Advisor:
    """Advises on speed from what is known of several cameras.

    Args:
        cameras: what is known, by camera; at least one.
        rules: the speed for each label.
        release: how a lower speed is left.
        clock: tells the time.
    """

    def __init__(
        self,
        cameras: Mapping[str, CameraKnowledge],
        rules: SpeedRules,
        release: SpeedRelease,
        clock: Clock,
    ) -> None:
        self._cameras = cameras
        self._rules = rules
        self._release = release
        self._clock = clock

    def now(self) -> Advice:
        """Return the advice of this moment; to be asked often, since time passes in between."""
        asked = most_cautious(
            {
                name: min(camera.in_view(), key=lambda thing: allowed_percent(thing, self._rules))
                for name, camera in self._cameras.items()
            },
            self._rules,
        )
        percent = self._release.limit(asked.percent, self._clock.steady_ns())
        if percent == asked.percent:
            return asked
        reason = f'a lower speed is left slowly; now {asked.reason}'
        return asked._replace(percent=percent, reason=reason)


def allowed_percent(known: Knowledge, rules: SpeedRules) -> float:
    """Return the speed that one camera allows.

    A label that may not be acted on is never a reason to go faster, but still one to go slower.
    """
    if known.label == STALE:
        return rules.stale
    percent = rules.labels.get(known.label, rules.unknown)
    if known.may_act or known.label == UNKNOWN:
        return percent
    return min(percent, rules.stale)


def most_cautious(known: Mapping[str, Knowledge], rules: SpeedRules) -> Advice:
    """Return what the camera that allows the lowest speed asks for; of equals the first.

    `planner.combined` goes by labels alone; here a label too old to act on counts as well.
    """
    name = min(known, key=lambda camera: allowed_percent(known[camera], rules))
    found = known[name]
    percent = allowed_percent(found, rules)
    reason = f'{name}: {found.reason or found.label}'
    return Advice(percent, percent, name, found.label, reason, found.may_act)


def rules_by_label(
    stop: Sequence[str], slow: Sequence[str], go: Sequence[str], slow_percent: float
) -> dict[str, float]:
    """Return the speed of each label.

    Raises:
        PerceptionError: a label is in two of the lists.
    """
    speeds: dict[str, float] = {}
    for labels, percent in ((stop, STOP), (slow, slow_percent), (go, GO)):
        for label in filter(None, labels):
            if speeds.setdefault(label, percent) != percent:
                raise PerceptionError(
                    f'the label {label} is in two of stop_labels, slow_labels and go_labels: '
                    'leave it in one'
                )
    return speeds
