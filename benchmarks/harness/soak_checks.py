# SPDX-License-Identifier: Apache-2.0
"""Soak checks: one outcome for each frame, the right one for each kind, and what was said."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from mobilenet_perception.pipeline.timing import Outcome

_ANSWERED = (Outcome.ON_TIME, Outcome.LATE)
# Arrivals on which the node's `lost_share` rests.
_ARRIVALS = 300


class Ended(NamedTuple):
    """How one frame ended.

    Attributes:
        sequence: number of the frame within its camera, from 1.
        stamp_ns: its capture stamp, in nanoseconds.
        outcome: what became of it.
        reason: why it was rejected, or failed.
    """

    sequence: int
    stamp_ns: int
    outcome: Outcome
    reason: str


class Heard:
    """What the node said of one camera, from message to message.

    Attributes:
        ended: its frames.
        values: of its newest diagnostics.
        said: how often its diagnostics said what, by pattern.
        claimed: the most frames that its diagnostics called lost at once.
    """

    def __init__(self, sayings: Iterable[str] = ()) -> None:
        self.ended: list[Ended] = []
        self.values: Mapping[str, str] = {}
        self.said = Counter(dict.fromkeys(sayings, 0))
        self.claimed = 0

    def add(self, timing: Mapping[str, str], stamp_ns: int) -> None:
        """Take in a timing message: keys and values."""
        outcome = Outcome(timing['outcome'])
        self.ended.append(Ended(int(timing['sequence']), stamp_ns, outcome, timing['reason']))

    def add_diagnostics(self, message: str, values: Mapping[str, str]) -> None:
        """Take in diagnostics: their message, their keys and values."""
        self.values = values
        self.said.update(pattern for pattern in self.said if re.search(pattern, message))
        share = float(values.get('lost_share', 0.0))
        held = min(_ARRIVALS, int(values.get('received', 0)))
        if share < 1:
            self.claimed = max(self.claimed, round(held * share / (1 - share)))


def counts(heard: Heard) -> dict[str, int]:
    """Return how many frames ended how, by the node's own count."""
    return {str(outcome): int(heard.values.get(str(outcome), 0)) for outcome in Outcome}


def wrong_counts(heard: Heard, sent: int) -> list[str]:
    """Say what is wrong unless each frame received has one outcome, and no loss is made up."""
    received = int(heard.values.get('received', 0))
    own = Counter(str(ended.outcome) for ended in heard.ended)
    wrong = []
    if not received or received > sent:
        wrong.append(f'{received} frames received of {sent} sent')
    if sorted(ended.sequence for ended in heard.ended) != list(range(1, received + 1)):
        wrong.append(f'{len(heard.ended)} outcomes heard of {received} frames')
    if own != Counter({name: count for name, count in counts(heard).items() if count}):
        wrong.append(f'{dict(own)} heard, {counts(heard)} counted')
    if heard.claimed > sent - received:
        wrong.append(f'{heard.claimed} frames called lost, where {sent - received} were')
    return wrong


def wrong_kinds(
    heard: Heard, sent: Mapping[int, str], reasons: Mapping[str, str]
) -> Iterable[str]:
    """Yield what is wrong with what became of frames of each kind.

    One that is to be refused is never answered, and rejected with its reason; one that is to be
    taken is never rejected, and answered now and then. Of those that a newer frame replaced, or
    that the runtime failed at, nothing is asked.

    Args:
        heard: what the node said.
        sent: kind of each frame, by stamp in nanoseconds.
        reasons: pattern of the reason by kind; empty: it is to be taken.
    """
    by_kind: dict[str, list[Ended]] = {kind: [] for kind in reasons}
    for ended in heard.ended:
        if ended.stamp_ns not in sent:
            yield f'a frame of {ended.stamp_ns} ns was never sent'
            continue
        by_kind[sent[ended.stamp_ns]].append(ended)
    for kind, all_ended in by_kind.items():
        answered = sum(ended.outcome in _ANSWERED for ended in all_ended)
        rejected = [ended.reason for ended in all_ended if ended.outcome is Outcome.REJECTED]
        if reasons[kind]:
            strange = [reason for reason in rejected if not re.search(reasons[kind], reason)]
            yield from _each(kind, 'answered', answered)
            yield from _each(kind, f'rejected since {strange[:1]}', len(strange))
            yield from _never(kind, 'rejected', rejected)
        else:
            yield from _each(kind, f'rejected since {rejected[:1]}', len(rejected))
            yield from _never(kind, 'answered', range(answered))


def unsaid(heard: Heard) -> list[str]:
    """Return what the diagnostics never said, by pattern."""
    return [pattern for pattern, times in heard.said.items() if not times]


def _each(kind: str, what: str, times: int) -> list[str]:
    return [f'{kind}: {times} {what}'] if times else []


def _never(kind: str, what: str, found: Sequence[object]) -> list[str]:
    return [] if found else [f'{kind}: never {what}']
