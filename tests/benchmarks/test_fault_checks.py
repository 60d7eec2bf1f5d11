# SPDX-License-Identifier: Apache-2.0
"""The checks of `benchmarks.faults` find what is broken."""

from typing import Any

import pytest

pytest.importorskip('numpy')

from benchmarks.harness.fault_checks import Label, Observed, check

MS = 1_000_000
FRAMES, PERIOD_MS = 60, 33


def observed(**changes: Any) -> Observed:
    """A run in which all holds: the camera is dead from frame 20 to frame 40."""
    at = {number: number * PERIOD_MS * MS + 10**12 for number in range(FRAMES)}
    alive = [number for number in at if not 20 <= number < 40]
    timings = [
        (number, {'outcome': 'on_time', 'sequence': str(index), 'age_ms': '12.0'})
        for index, number in enumerate(alive, 1)
    ]
    labels = [Label(at[number] + 12 * MS, number, 'stop') for number in alive]
    stale = [Label(at[19] + 512 * MS, 0, 'stale')]
    run = Observed(
        sent={number: at[number] for number in alive},
        sent_count=len(alive),
        fault_ns=(at[20], at[40]),
        timings=timings,
        classifications=labels,
        decisions={'': sorted([*labels, *stale])},
        health={'received': str(len(alive)), 'on_time': str(len(alive))},
        alive=True,
    )
    return run._replace(**changes)


def test_nothing_is_broken() -> None:
    verdict = check(observed(), slack_ms=20.0)
    assert verdict.broken == []
    assert verdict.held_ms == pytest.approx(512.0)
    assert verdict.recovery_ms == pytest.approx(12.0)
    assert (verdict.received, verdict.lost) == (40, 0)


whole = observed()
decided = whole.decisions['']
unstale = [one for one in decided if one.label != 'stale']


def with_regions(given: int, classified: int, left: int, labelled: int = 2) -> dict[str, Any]:
    """The same run with regions of each frame."""
    of_frame = {
        'regions': str(given), 'regions_classified': str(classified), 'regions_left': str(left),
    }  # fmt: skip
    return {
        'timings': [(stamp, {**values, **of_frame}) for stamp, values in whole.timings],
        'classifications': [one._replace(regions=labelled) for one in whole.classifications],
        'decisions': {'7': decided, '9': decided},
    }


def test_with_regions_nothing_is_broken() -> None:
    assert check(observed(**with_regions(3, 2, 1)), slack_ms=20.0).broken == []


@pytest.mark.parametrize(
    ('changes', 'says'),
    [
        ({'alive': False}, 'the node died'),
        ({'health': {'received': '41', 'on_time': '40'}}, '41 received, 40 counted'),
        ({'timings': whole.timings[:-1]}, '39 outcomes heard'),
        ({'sent_count': 39}, '1 frames received that were never sent'),
        (
            {'timings': [(0, {**whole.timings[0][1], 'age_ms': '60.1'}), *whole.timings[1:]]},
            '1 labels published though not on time',
        ),
        (
            {'classifications': [*whole.classifications, Label(0, 999, 'stop')]},
            '1 labels published though not on time',
        ),
        ({'decisions': {'': unstale}}, 'a label stood for'),
        ({'decisions': {'': decided[:21]}}, 'no label within a second'),
        ({'decisions': {'7': decided, '9': decided[:21]}}, 'no label within a second'),
        ({'decisions': {'7': decided, '9': unstale}}, 'a label stood for'),
        (with_regions(3, 2, 0), 'the regions of 40 frames do not add up'),
        (with_regions(3, 2, 1, labelled=3), 'the regions of 40 frames do not add up'),
    ],
)
def test_each_breach_is_said(changes: dict[str, Any], says: str) -> None:
    assert says in '; '.join(check(observed(**changes), slack_ms=20.0).broken)
