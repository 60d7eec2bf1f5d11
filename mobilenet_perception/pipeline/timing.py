# SPDX-License-Identifier: Apache-2.0
"""Time: the two clocks, the record of one frame's life, percentiles, counts."""

import time
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import NamedTuple, Protocol

import numpy as np

NS_PER_MS = 1_000_000
STAGES = (
    'age_ms', 'transport_ms', 'wait_ms', 'decode_ms', 'preprocess_ms',
    'inference_ms', 'postprocess_ms', 'total_ms',
)  # fmt: skip
# Fields of a record that are text in a timing message and here.
_TEXTS = ('variant', 'reason')
# Fields that only cameras with regions have.
_REGIONS = ('regions', 'regions_classified', 'regions_left', 'regions_small')


class Clock(Protocol):
    """What the pipeline knows of time: steady time for durations, and that of capture stamps."""

    def steady_ns(self) -> int:
        """Nanoseconds that only ever go forward, at the pace of real time."""

    def now_ns(self) -> int:
        """Nanoseconds on the clock of the stamps: system time, or simulation time."""


class SystemClock:
    """The machine's own clocks."""

    def steady_ns(self) -> int:
        """See `Clock.steady_ns`."""
        return time.monotonic_ns()

    def now_ns(self) -> int:
        """See `Clock.now_ns`."""
        return time.time_ns()


class Outcome(str, Enum):
    """What became of a frame: exactly one for each frame received."""

    ON_TIME = 'on_time'
    LATE = 'late'
    EXPIRED = 'expired'
    SUPERSEDED = 'superseded'
    REJECTED = 'rejected'
    FAILED = 'failed'

    def __str__(self) -> str:
        return self.value


class FrameRecord(NamedTuple):
    """One frame's life. Times are in milliseconds; None: that stage was not reached.

    Attributes:
        camera: name of the camera.
        sequence: number of the frame within its camera, from 1.
        stamp_ns: capture stamp of the message's header, in nanoseconds.
        outcome: what became of it.
        variant: name of the variant that ran, or empty.
        latency_budget_ms: the budget it was held to.
        age_ms: publication minus capture.
        transport_ms: receipt minus capture.
        wait_ms: from receipt to the worker taking it.
        decode_ms: message to pixels.
        preprocess_ms: crop, resize and channel order.
        inference_ms: the runtime's run.
        postprocess_ms: scores to a result.
        total_ms: publication minus receipt.
        predicted_ms: what the budget expected of the variant when it chose it.
        slowdown: ratio of recent to profiled inference time.
        looks: runs that it took: more than 1 when one failed, overran, or gave a weak answer.
        batch: frames of several cameras, or regions of this one, that its first look took in
            one run.
        regions: regions that it came with; None: the camera has none.
        regions_classified: those that were looked at.
        regions_left: those that were not.
        regions_small: those of them of which too little lay in the image.
        reason: why it is not on time, or took more than one look; else empty.
    """

    camera: str
    sequence: int
    stamp_ns: int
    outcome: Outcome
    variant: str
    latency_budget_ms: float
    age_ms: float | None = None
    transport_ms: float | None = None
    wait_ms: float | None = None
    decode_ms: float | None = None
    preprocess_ms: float | None = None
    inference_ms: float | None = None
    postprocess_ms: float | None = None
    total_ms: float | None = None
    predicted_ms: float | None = None
    slowdown: float | None = None
    looks: int = 0
    batch: int = 0
    regions: int | None = None
    regions_classified: int | None = None
    regions_left: int | None = None
    regions_small: int | None = None
    reason: str = ''


def read_timing(camera: str, stamp: int, values: Mapping[str, str]) -> FrameRecord:
    """Return the record that a timing message was made of.

    Args:
        camera: the camera's name.
        stamp: the message's stamp, in nanoseconds.
        values: its keys and values.
    """
    numbers = {
        name: float(values[name])
        for name in FrameRecord._fields
        if name in values and (name.endswith('_ms') or name == 'slowdown')
    }
    texts = {name: values.get(name, '') for name in _TEXTS}
    regions = {name: int(values[name]) for name in _REGIONS if name in values}
    return FrameRecord(
        camera=camera,
        sequence=int(values['sequence']),
        stamp_ns=stamp,
        outcome=Outcome(values['outcome']),
        looks=int(values['looks']),
        batch=int(values['batch']),
        **regions,  # type: ignore[arg-type]
        **texts,  # type: ignore[arg-type]
        **numbers,  # type: ignore[arg-type]
    )


class Percentiles(NamedTuple):
    """Summary of one stage, in milliseconds."""

    p50: float
    p95: float
    p99: float
    max: float


def percentiles(values: Iterable[float]) -> Percentiles | None:
    """Summarise values in milliseconds; None for none."""
    array = np.fromiter(values, dtype=np.float64)
    if not array.size:
        return None
    p50, p95, p99 = np.percentile(array, (50, 95, 99))
    return Percentiles(float(p50), float(p95), float(p99), float(array.max()))


def stage_percentiles(records: Iterable[FrameRecord]) -> dict[str, Percentiles]:
    """Percentiles of each stage, over the records that reached it."""
    records = list(records)
    found = {}
    for stage in STAGES:
        values = (getattr(record, stage) for record in records)
        summary = percentiles(value for value in values if value is not None)
        if summary is not None:
            found[stage] = summary
    return found


def miss_rate(records: Iterable[FrameRecord]) -> float | None:
    """Share of frames without an answer in time, of those not superseded; None of none."""
    ended = [r.outcome for r in records if r.outcome is not Outcome.SUPERSEDED]
    if not ended:
        return None
    return 1.0 - ended.count(Outcome.ON_TIME) / len(ended)


def variant_shares(records: Iterable[FrameRecord]) -> dict[str, float]:
    """Share of each variant in the answers, the most frequent first."""
    counts = Counter(record.variant for record in records if record.variant)
    return {name: count / counts.total() for name, count in counts.most_common()}


class OutcomeCounts(NamedTuple):
    """How many frames a camera has received, and how they ended."""

    received: int
    by_outcome: dict[Outcome, int]

    @property
    def in_flight(self) -> int:
        """Frames received that have no outcome yet."""
        return self.received - sum(self.by_outcome.values())


class Window:
    """The last records of one camera."""

    def __init__(self, length: int = 512) -> None:
        self._records: deque[FrameRecord] = deque(maxlen=length)

    def add(self, record: FrameRecord) -> None:
        """Take in one record."""
        self._records.append(record)

    def records(self) -> list[FrameRecord]:
        """Return the records held, oldest first."""
        return list(self._records)
