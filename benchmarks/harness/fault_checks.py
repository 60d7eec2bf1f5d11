# SPDX-License-Identifier: Apache-2.0
"""Fault checks: what a planner may rely on, against what was sent and what was heard.

Of a camera with regions each thing is looked at by itself, and the worst of them counts.
"""

import itertools
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from mobilenet_perception.pipeline.decision import STALE, UNKNOWN

BUDGET_MS, TIMEOUT_MS, RECOVERY_MS = 60.0, 500.0, 1000.0
# The node looks at decisions ten times per time-out.
_RESOLUTION = 1.1


class Label(NamedTuple):
    """A classification or a decision heard.

    Attributes:
        heard_ns: when, on the steady clock.
        stamp_ns: of the frame that it rests on.
        label: what it said; of regions, their labels.
        regions: how many regions it labelled; None: it is of the frame as a whole.
    """

    heard_ns: int
    stamp_ns: int
    label: str
    regions: int | None = None


class Observed(NamedTuple):
    """One run.

    Attributes:
        sent: moment of capture on the steady clock, by stamp; both in nanoseconds.
        sent_count: frames published, also those of equal stamp.
        fault_ns: when the fault began and ended, on the steady clock.
        timings: keys and values of each timing message heard, with its stamp.
        classifications: heard, in order.
        decisions: heard, in order, by thing; the empty one is the camera as a whole.
        health: keys and values of the camera's last diagnostics.
        alive: whether the node still ran at the end.
    """

    sent: Mapping[int, int]
    sent_count: int
    fault_ns: tuple[int, int]
    timings: list[tuple[int, dict[str, str]]]
    classifications: list[Label]
    decisions: Mapping[str, list[Label]]
    health: Mapping[str, str]
    alive: bool


class Verdict(NamedTuple):
    """What was found.

    Attributes:
        broken: what does not hold, in words; empty when all does.
        received: frames that the node received.
        lost: frames sent and not received: lost by the transport.
        outcomes: how many frames ended how.
        held_ms: longest time that a label stood after the capture of the frame it rests on.
        recovery_ms: from the end of the fault to the next label decided, of each thing; None:
            never.
    """

    broken: list[str]
    received: int
    lost: int
    outcomes: Mapping[str, int]
    held_ms: float
    recovery_ms: float | None


_OUTCOMES = ('on_time', 'late', 'expired', 'superseded', 'rejected', 'failed')


def check(seen: Observed, slack_ms: float) -> Verdict:
    """Check one run; `slack_ms` is for what the way to the listener takes."""
    outcomes = Counter(values['outcome'] for _, values in seen.timings)
    received = int(seen.health.get('received', 0))
    lost = seen.sent_count - received
    held_ms = longest_held_ms(seen)
    recoveries = [_recovery_ms(seen, decisions) for decisions in seen.decisions.values()]
    known = [ms for ms in recoveries if ms is not None]
    recovery_ms = max(known, default=None) if len(known) == len(recoveries) else None
    broken = [] if seen.alive else ['the node died']
    sequences = sorted(int(values['sequence']) for _, values in seen.timings)
    counted = sum(int(seen.health.get(name, 0)) for name in _OUTCOMES)
    if not received or received != counted or sequences != list(range(1, received + 1)):
        broken.append(f'{received} received, {counted} counted, {len(sequences)} outcomes heard')
    if lost < 0:
        broken.append(f'{-lost} frames received that were never sent')
    late = [
        values
        for _, values in seen.timings
        if values['outcome'] == 'on_time' and float(values['age_ms']) > BUDGET_MS
    ]
    on_time = Counter(stamp for stamp, values in seen.timings if values['outcome'] == 'on_time')
    published = Counter(label.stamp_ns for label in seen.classifications)
    if late or published - on_time:
        extra = (published - on_time).total()
        broken.append(f'{len(late) + extra} labels published though not on time')
    if wrong := _wrong_regions(seen):
        broken.append(f'the regions of {wrong} frames do not add up')
    if held_ms > _RESOLUTION * TIMEOUT_MS + slack_ms:
        broken.append(f'a label stood for {held_ms:.0f} ms after its frame')
    if recovery_ms is None or recovery_ms > RECOVERY_MS + slack_ms:
        broken.append('no label within a second after the fault')
    return Verdict(broken, received, lost, outcomes, held_ms, recovery_ms)


def longest_held_ms(seen: Observed) -> float:
    """Return how long a label stood, until the next decision was heard, after its frame."""
    longest_ns = 0
    for decisions in seen.decisions.values():
        for decision, following in itertools.pairwise(decisions):
            if decision.label not in (UNKNOWN, STALE):
                # A label that rests on no frame sent has no excuse.
                captured_ns = seen.sent.get(decision.stamp_ns, 0)
                longest_ns = max(longest_ns, following.heard_ns - captured_ns)
    return longest_ns / 1e6


def _wrong_regions(seen: Observed) -> int:
    """Return of how many frames the regions do not add up, or have labels too many or too few."""
    looked_at = Counter[int]()
    wrong = 0
    for stamp_ns, values in seen.timings:
        if 'regions' in values:
            given, *parts = (int(values[f'regions{of}']) for of in ('', '_classified', '_left'))
            wrong += given != sum(parts)
            if values['outcome'] == 'on_time':
                looked_at[stamp_ns] += parts[0]
    labelled = Counter[int]()
    for label in seen.classifications:
        labelled[label.stamp_ns] += label.regions or 0
    # A message may be lost on its way here; one too many never comes from that.
    return wrong + sum(count > looked_at[stamp_ns] for stamp_ns, count in labelled.items())


def _recovery_ms(seen: Observed, decisions: list[Label]) -> float | None:
    _, end_ns = seen.fault_ns
    for decision in decisions:
        # It must rest on a frame of after the fault.
        captured_ns = seen.sent.get(decision.stamp_ns, 0)
        if decision.label not in (UNKNOWN, STALE) and captured_ns >= end_ns:
            return (decision.heard_ns - end_ns) / 1e6
    return None
