# SPDX-License-Identifier: Apache-2.0
"""Trials end to end: frames sent at a rate, what became of each, and the highest rate held."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from mobilenet_perception.pipeline.timing import (
    FrameRecord,
    Outcome,
    Percentiles,
    miss_rate,
    stage_percentiles,
    variant_shares,
)
from mobilenet_perception.tools.benchmark.rate_search import MISS_LIMIT, SearchResult

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
            and superseded ones among them; None: nothing was sent.
        worst_camera: the largest `unanswered` of a single camera.
        variants: share of each variant in the answers.
        age_ms: of the answers, from capture to publication; None: there were none.
        transport_ms: of the answers, from capture to receipt.
        total_ms: of the answers, from receipt to publication.
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
    age_ms: Percentiles | None
    transport_ms: Percentiles | None
    total_ms: Percentiles | None

    @property
    def held(self) -> bool:
        """Whether the rate was held, as `rate_search` defines it."""
        return not self.limit

    @property
    def limit(self) -> str:
        """Why the rate was not held, in words; empty when it was."""
        if self.sent < _OFFERED_SHARE * self.due:
            return f'the publisher sent only {self.sent} of {self.due} frames'
        if self.unanswered is not None and self.unanswered < MISS_LIMIT:
            return ''
        causes = {**self.outcomes, 'lost': self.lost, 'unheard': self.unheard}
        causes.pop(str(Outcome.ON_TIME), None)
        told = ', '.join(f'{count} {cause}' for cause, count in causes.items() if count)
        return f'of {self.sent} frames {told}'

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        values = self._asdict()
        for stage in ('age_ms', 'transport_ms', 'total_ms'):
            summary = values[stage]
            values[stage] = None if summary is None else summary._asdict()
        return values


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


def summarise(
    rate_hz: float,
    due: int,
    sent: Mapping[str, Sequence[int]],
    heard: Mapping[tuple[str, int], FrameRecord],
    unheard: int,
) -> Trial:
    """Make a trial of what was sent and what was heard of it.

    Args:
        rate_hz: frames a second of each camera.
        due: frames that were due, of each camera.
        sent: stamps of the frames sent, in nanoseconds, by camera.
        heard: what became of frames, by camera and stamp; of others too.
        unheard: outcomes that the node published and that did not come here.
    """
    pairs = [(camera, stamp) for camera, stamps in sent.items() for stamp in stamps]
    records = [heard[pair] for pair in pairs if pair in heard]
    counts = Counter(record.outcome for record in records)
    # The answers' times: an expired frame's age says only when it was given up.
    answers = [r for r in records if r.outcome in (Outcome.ON_TIME, Outcome.LATE)]
    stages = stage_percentiles(answers)
    missing = len(pairs) - len(records)
    shares = [_unanswered(camera, stamps, heard) for camera, stamps in sent.items() if stamps]
    return Trial(
        cameras=len(sent),
        rate_hz=rate_hz,
        due=due * len(sent),
        sent=len(pairs),
        outcomes={str(outcome): counts[outcome] for outcome in Outcome},
        unheard=min(unheard, missing),
        lost=max(0, missing - unheard),
        miss_rate=miss_rate(records),
        unanswered=1 - counts[Outcome.ON_TIME] / len(pairs) if pairs else None,
        worst_camera=max(shares, default=None),
        variants=variant_shares(answers),
        age_ms=stages.get('age_ms'),
        transport_ms=stages.get('transport_ms'),
        total_ms=stages.get('total_ms'),
    )


def _unanswered(
    camera: str, stamps: Sequence[int], heard: Mapping[tuple[str, int], FrameRecord]
) -> float:
    records = (heard.get((camera, stamp)) for stamp in stamps)
    on_time = sum(record is not None and record.outcome is Outcome.ON_TIME for record in records)
    return 1 - on_time / len(stamps)
