# SPDX-License-Identifier: Apache-2.0
"""What was heard of one camera lately."""

from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

from mobilenet_perception.pipeline.decision import Scored
from mobilenet_perception.pipeline.timing import (
    FrameRecord,
    Outcome,
    Percentiles,
    miss_rate,
    percentiles,
)

WINDOW_S = 5.0


class CameraView(NamedTuple):
    """A camera at one moment; figures are of the last `WINDOW_S` seconds unless said.

    Attributes:
        camera: its name.
        label: best label of the newest frame that has one; None: none was heard lately.
        decision: the newest decision; None: none was heard lately.
        silent_s: seconds since a frame ended; None: none has.
        age: of the frames on time, in milliseconds; None: there were none.
        rate_hz: frames that ended, a second.
        missed: share of frames without an answer in time, 0 to 1; None of none.
        counts: frames by outcome since the node was activated, as it says.
        variant: which variant ran last.
        slowdown: ratio of recent to profiled inference time; None: not known.
        trouble: what the node says is wrong; empty: nothing.
    """

    camera: str
    label: Scored | None = None
    decision: Scored | None = None
    silent_s: float | None = None
    age: Percentiles | None = None
    rate_hz: float = 0.0
    missed: float | None = None
    counts: Mapping[Outcome, int] = {}
    variant: str = ''
    slowdown: float | None = None
    trouble: str = ''


class WatchedCamera:
    """Takes in what a node publishes of one camera; times are seconds of one steady clock."""

    def __init__(self, camera: str) -> None:
        self._camera = camera
        self._records: deque[tuple[float, FrameRecord]] = deque()
        self._first_s: float | None = None
        self._last_s: float | None = None
        self._label: tuple[float, Scored] | None = None
        self._decision: tuple[float, Scored] | None = None
        self._variant = ''
        self._slowdown: float | None = None
        self._counts: dict[Outcome, int] = {}
        self._trouble = ''

    def take_record(self, record: FrameRecord, now_s: float) -> None:
        """A frame has ended."""
        self._first_s = now_s if self._first_s is None else self._first_s
        self._last_s = now_s
        self._records.append((now_s, record))
        self._variant = record.variant or self._variant
        self._slowdown = record.slowdown or self._slowdown

    def take_label(self, label: Scored, now_s: float) -> None:
        """A frame was labelled in time."""
        self._label = (now_s, label)

    def take_decision(self, decision: Scored, now_s: float) -> None:
        """The node has decided."""
        self._decision = (now_s, decision)

    def take_health(self, values: Mapping[str, str], trouble: str) -> None:
        """The node has said how the camera does, in the keys of `/diagnostics`."""
        self._counts = {
            outcome: int(values[outcome]) for outcome in Outcome if values.get(outcome)
        }
        self._trouble = trouble

    def view(self, now_s: float) -> CameraView:
        """Return the camera as it stands."""
        while self._records and self._records[0][0] < now_s - WINDOW_S:
            self._records.popleft()
        records = [record for _, record in self._records]
        ages = (r.age_ms for r in records if r.outcome is Outcome.ON_TIME and r.age_ms is not None)
        heard_s = WINDOW_S if self._first_s is None else min(WINDOW_S, now_s - self._first_s)
        return CameraView(
            camera=self._camera,
            label=_fresh(self._label, now_s),
            decision=_fresh(self._decision, now_s),
            silent_s=None if self._last_s is None else now_s - self._last_s,
            age=percentiles(ages),
            # Of a moment's frames no rate is known.
            rate_hz=len(records) / heard_s if heard_s >= 1.0 else 0.0,
            missed=miss_rate(records),
            counts=self._counts,
            variant=self._variant,
            slowdown=self._slowdown,
            trouble=self._trouble,
        )


def _fresh(heard: tuple[float, Scored] | None, now_s: float) -> Scored | None:
    """Return what was heard at a time, unless that is long ago."""
    return heard[1] if heard is not None and now_s - heard[0] <= WINDOW_S else None
