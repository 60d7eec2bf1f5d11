# SPDX-License-Identifier: Apache-2.0
"""Trials end to end: what became of frames sent at a rate; the search for the highest one held.

A rate is *held* in a trial when fewer than 0.1 % of the frames sent did not come back on time, for
whatever reason: late, expired, superseded by a newer frame, failed, or lost on the way. (The
node's own miss rate leaves superseded frames out: a planner loses nothing by them. A camera's
rate is not held, however, if frames of it are passed over.) Nor did a frame come back of whose
regions some were left.

1. From the first rate, double while it is held, or halve until it is.
2. Bisect between the highest rate held and the lowest not held, until they are within `ratio`.
   A short trial has few frames, in which one hiccup of the machine is too many: one that is not
   held is repeated once, and the second counts.
3. Confirm the rate by a long trial. If it is not held there, step down by `ratio`, then by twice
   as many steps, and so on. The rate found is one that a long trial has held: a lower bound.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from mobilenet_perception.pipeline import timing
from mobilenet_perception.tools.benchmark.settings import SearchSettings

MISS_LIMIT = 0.001
# A camera that sends less than this share of its frames does not have the rate in question.
_OFFERED_SHARE = 0.99


class Trial(NamedTuple):
    """A trial. Only frames after the first moments count, when all is under way.

    Attributes:
        cameras: how many, all triggered at once.
        rate_hz: frames a second of each.
        due: frames that were due, of all cameras.
        sent: frames that were published: fewer where the publisher could not keep pace.
        outcomes: how many ended in each outcome.
        unheard: outcomes that the node published and that got lost on the way here.
        lost: frames sent that the node never received.
        miss_rate: share without an answer in time, of those received and not superseded; None
            of none.
        unanswered: share of the frames sent that did not come back on time for any reason, lost
            superseded ones and those with regions left among them; None: nothing was sent.
        worst_camera: the largest `unanswered` of a single camera.
        variants: share of each variant in the answers.
        age_ms: of the answers, from capture to publication; None: there were none.
        transport_ms: of the answers, from capture to receipt.
        total_ms: of the answers, from receipt to publication.
        regions: of each frame; 0: frames are looked at as a whole.
        regions_left: frames on time of whose regions some were not looked at.
    """

    cameras: int
    rate_hz: float
    due: int
    sent: int
    outcomes: dict[str, int]
    unheard: int
    lost: int
    miss_rate: float | None
    unanswered: float | None
    worst_camera: float | None
    variants: dict[str, float]
    age_ms: timing.Percentiles | None
    transport_ms: timing.Percentiles | None
    total_ms: timing.Percentiles | None
    regions: int = 0
    regions_left: int = 0

    @property
    def held(self) -> bool:
        """Whether the rate was held, as this file defines it."""
        return not self.limit

    @property
    def limit(self) -> str:
        """Why the rate was not held, in words; empty when it was."""
        if self.sent < _OFFERED_SHARE * self.due:
            return f'the publisher sent only {self.sent} of {self.due} frames'
        if self.unanswered is not None and self.unanswered < MISS_LIMIT:
            return ''
        causes = {**self.outcomes, 'lost': self.lost, 'unheard': self.unheard}
        causes.pop(str(timing.Outcome.ON_TIME), None)
        causes['with regions left'] = self.regions_left
        told = ', '.join(f'{count} {cause}' for cause, count in causes.items() if count)
        return f'of {self.sent} frames {told}'

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        values = self._asdict()
        for stage in ('age_ms', 'transport_ms', 'total_ms'):
            summary = values[stage]
            values[stage] = None if summary is None else summary._asdict()
        return values


def summarise(
    rate_hz: float,
    due: int,
    sent: Mapping[str, Sequence[int]],
    heard: Mapping[tuple[str, int], timing.FrameRecord],
    unheard: int,
    regions: int = 0,
) -> Trial:
    """Make a trial of what was sent and what was heard of it.

    Args:
        rate_hz: frames a second of each camera.
        due: frames that were due, of each camera.
        sent: stamps of the frames sent, in nanoseconds, by camera.
        heard: what became of frames, by camera and stamp; of others too.
        unheard: outcomes that the node published and that did not come here.
        regions: of each frame.
    """
    pairs = [(camera, stamp) for camera, stamps in sent.items() for stamp in stamps]
    records = [heard[pair] for pair in pairs if pair in heard]
    counts = Counter(record.outcome for record in records)
    # The answers' times: an expired frame's age says only when it was given up.
    answers = [r for r in records if r.outcome in (timing.Outcome.ON_TIME, timing.Outcome.LATE)]
    stages = timing.stage_percentiles(answers)
    missing = len(pairs) - len(records)
    shares = [_unanswered(camera, stamps, heard) for camera, stamps in sent.items() if stamps]
    return Trial(
        cameras=len(sent),
        rate_hz=rate_hz,
        due=due * len(sent),
        sent=len(pairs),
        outcomes={str(outcome): counts[outcome] for outcome in timing.Outcome},
        unheard=min(unheard, missing),
        lost=max(0, missing - unheard),
        miss_rate=timing.miss_rate(records),
        unanswered=1 - sum(map(_is_answered, records)) / len(pairs) if pairs else None,
        worst_camera=max(shares, default=None),
        variants=timing.variant_shares(answers),
        age_ms=stages.get('age_ms'),
        transport_ms=stages.get('transport_ms'),
        total_ms=stages.get('total_ms'),
        regions=regions,
        regions_left=counts[timing.Outcome.ON_TIME] - sum(map(_is_answered, records)),
    )


def _unanswered(
    camera: str, stamps: Sequence[int], heard: Mapping[tuple[str, int], timing.FrameRecord]
) -> float:
    records = (heard.get((camera, stamp)) for stamp in stamps)
    answered = sum(record is not None and _is_answered(record) for record in records)
    return 1 - answered / len(stamps)


def _is_answered(record: timing.FrameRecord) -> bool:
    return record.outcome is timing.Outcome.ON_TIME and not record.regions_left


class Attempt(NamedTuple):
    """One trial of the search.

    Attributes:
        rate_hz: frames a second that it asked for.
        confirming: it was a long one.
        held: whether the rate was held.
        limit: why not, in words; empty when it was.
    """

    rate_hz: float
    confirming: bool
    held: bool
    limit: str


class SearchResult(NamedTuple):
    """What a search found.

    Attributes:
        rate_hz: the highest rate that a long trial held; None: not even the lowest was.
        limit: what kept the next higher rate from being held; empty: nothing did up to the end
            of the range.
        attempts: all trials, in order.
    """

    rate_hz: float | None
    limit: str
    attempts: tuple[Attempt, ...]


class RateHeld(NamedTuple):
    """The highest rate held of one camera.

    Attributes:
        found: what the search found.
        confirmation: the long trial that held it; None: no rate was held.
    """

    found: SearchResult
    confirmation: Trial | None

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        confirmation = self.confirmation
        return {
            **self.found._asdict(),
            'attempts': [tried._asdict() for tried in self.found.attempts],
            'confirmation': None if confirmation is None else confirmation.to_json(),
        }


def highest_rate(
    attempt: Callable[[float, bool], Attempt], settings: SearchSettings
) -> SearchResult:
    """Search the highest rate held.

    Args:
        attempt: makes a trial of a rate in Hz; a long one if the second argument is true.
        settings: range and precision.
    """
    attempts: list[Attempt] = []

    def holds(rate_hz: float, confirming: bool = False) -> bool:
        for _ in range(1 if confirming else 2):
            attempts.append(attempt(rate_hz, confirming))
            if attempts[-1].held:
                return True
        return False

    rate_hz = _bisect(holds, settings)
    step = 1
    while rate_hz is not None and not holds(rate_hz, confirming=True):
        lower_hz = max(rate_hz / settings.ratio**step, settings.lowest_hz)
        rate_hz, step = (lower_hz if lower_hz < rate_hz else None), 2 * step
    return SearchResult(rate_hz, _limit(attempts, rate_hz or 0.0), tuple(attempts))


def _limit(attempts: Sequence[Attempt], above_hz: float) -> str:
    failed = [tried for tried in attempts if not tried.held and tried.rate_hz > above_hz]
    if not failed:
        return ''
    # Of several at one rate, the last: it decided.
    lowest = min(reversed(failed), key=lambda tried: tried.rate_hz)
    return f'at {lowest.rate_hz:.1f} Hz, {lowest.limit}'


def _bisect(holds: Callable[[float], bool], settings: SearchSettings) -> float | None:
    held, not_held = _bracket(holds, settings)
    if held is None or not_held is None:
        return held
    while not_held / held > settings.ratio:
        # Rates are compared by their ratio, so the middle is the geometric one.
        middle = (held * not_held) ** 0.5
        if holds(middle):
            held = middle
        else:
            not_held = middle
    return held


def _bracket(
    holds: Callable[[float], bool], settings: SearchSettings
) -> tuple[float | None, float | None]:
    """Return a rate held and one not held; None where the range has none."""
    rate_hz = min(max(settings.first_hz, settings.lowest_hz), settings.highest_hz)
    if holds(rate_hz):
        while rate_hz < settings.highest_hz:
            above_hz = min(2 * rate_hz, settings.highest_hz)
            if not holds(above_hz):
                return rate_hz, above_hz
            rate_hz = above_hz
        return rate_hz, None
    while rate_hz > settings.lowest_hz:
        below_hz = max(rate_hz / 2, settings.lowest_hz)
        if holds(below_hz):
            return below_hz, rate_hz
        rate_hz = below_hz
    return None, rate_hz
