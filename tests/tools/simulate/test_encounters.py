# SPDX-License-Identifier: Apache-2.0
"""The score of a sign: what was decided, and how far before it."""

import pytest

from mobilenet_perception.tools.simulate.encounters import DecidedFrame, encounters


def approach(
    label: str, decisions: list[str], signal: str = 'sign', unclear: int = 0
) -> list[DecidedFrame]:
    """One frame each 0.1 s, a metre nearer each time, the last at 2 m; the first ones unclear."""
    count = len(decisions)
    return [
        DecidedFrame(
            index / 10, signal, label, index >= unclear, 2.0 + count - 1 - index, decision
        )
        for index, decision in enumerate(decisions)
    ]


@pytest.mark.parametrize(
    ('decisions', 'verdict', 'metres', 'after', 'wrong'),
    [
        (['unknown', 'stop', 'stop'], 'right', 3.0, 0.1, 0),
        (['stop', 'stop', 'stop'], 'right', 4.0, 0.0, 0),
        # Only what holds until the end counts.
        (['stop', 'yield', 'stop'], 'right', 2.0, 0.2, 1),
        (['stop', 'stop', 'yield'], 'wrong', None, None, 1),
        (['stop', 'stop', 'background'], 'wrong', None, None, 1),
        (['unknown', 'stale', ''], 'unknown', None, None, 0),
    ],
)
def test_what_counts_is_the_decision_when_the_sign_is_left_behind(
    decisions: list[str], verdict: str, metres: float | None, after: float | None, wrong: int
) -> None:
    (found,) = encounters('front', approach('stop', decisions))
    assert (found.verdict, found.metres_before, found.wrong_frames) == (verdict, metres, wrong)
    assert found.decided_after_s == (None if after is None else pytest.approx(after))
    assert (found.decision, found.frames) == (decisions[-1], 3)


def test_a_decision_may_come_before_the_sign_is_clear() -> None:
    decisions = ['unknown', 'stop', 'stop', 'stop']
    (found,) = encounters('front', approach('stop', decisions, unclear=2))
    assert (found.frames, found.from_s) == (2, 0.2)
    assert (found.metres_before, found.decided_after_s) == (4.0, 0.1)
    # What is never shown clearly is not asked for.
    assert encounters('front', approach('stop', decisions, unclear=4)) == []


def test_a_light_is_asked_for_anew_when_it_changes() -> None:
    green, red = (
        approach(f'traffic_light_{name}', [f'traffic_light_{name}'] * 2, 'light')
        for name in ('green', 'red')
    )
    found = encounters('front', [*green, *red, *green])
    assert [item.label.rpartition('_')[2] for item in found] == ['green', 'red', 'green']
    assert {item.verdict for item in found} == {'right'}
    assert encounters('front', []) == []
