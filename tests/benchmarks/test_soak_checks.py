# SPDX-License-Identifier: Apache-2.0
"""What a soak finds wrong: in counts, in what became of each kind of frame, in what was said."""

import pytest

from benchmarks.harness.soak_checks import Heard, unsaid, wrong_counts, wrong_kinds
from mobilenet_perception.pipeline.timing import Outcome

SENT = {10: 'sound', 20: 'damaged', 30: 'damaged', 40: 'sound'}
REASONS = {'sound': '', 'damaged': r'after \d+ rows'}


def timing(sequence: int, outcome: Outcome, reason: str = '') -> dict[str, str]:
    return {'sequence': str(sequence), 'outcome': str(outcome), 'reason': reason}


def heard(*, lost_share: float = 0.0, second: Outcome = Outcome.REJECTED) -> Heard:
    """Three frames of four that were sent: one was lost."""
    made = Heard([r'after \d+ rows'])
    made.add(timing(1, Outcome.ON_TIME), 10)
    made.add(timing(2, second, 'its pixels end after 3 rows'), 20)
    made.add(timing(3, Outcome.SUPERSEDED), 30)
    values = {'received': '3', 'on_time': '1', str(second): '1', 'superseded': '1'}
    values['lost_share'] = str(lost_share)
    made.add_diagnostics('1 of the last 3 frames rejected: it ends after 3 rows', values)
    return made


def test_what_holds_is_not_complained_of() -> None:
    found = heard(lost_share=0.25)
    assert wrong_counts(found, len(SENT)) == []
    assert list(wrong_kinds(found, SENT, REASONS)) == []
    assert unsaid(found) == []


def test_a_frame_with_two_outcomes_or_none() -> None:
    twice, never = heard(), heard()
    twice.add(timing(3, Outcome.ON_TIME), 30)
    never.ended.pop()
    assert '4 outcomes heard of 3 frames' in wrong_counts(twice, 4)[0]
    assert '2 outcomes heard of 3 frames' in wrong_counts(never, 4)[0]


def test_an_outcome_that_is_counted_otherwise() -> None:
    found = heard()
    found.values = {**found.values, 'on_time': '2', 'rejected': '0'}
    assert 'counted' in wrong_counts(found, 4)[0]


def test_more_frames_than_were_sent() -> None:
    assert '3 frames received of 2 sent' in wrong_counts(heard(), 2)


def test_losses_that_are_none() -> None:
    assert wrong_counts(heard(lost_share=0.4), 4) == ['2 frames called lost, where 1 were']


@pytest.mark.parametrize('outcome', [Outcome.ON_TIME, Outcome.LATE])
def test_a_damaged_frame_that_is_answered(outcome: Outcome) -> None:
    found = list(wrong_kinds(heard(second=outcome), SENT, REASONS))
    assert found == ['damaged: 1 answered', 'damaged: never rejected']


def test_a_sound_frame_that_is_rejected_and_a_damaged_one_for_another_reason() -> None:
    found = heard()
    found.add(timing(4, Outcome.REJECTED, 'no data'), 40)
    assert list(wrong_kinds(found, SENT, REASONS)) == ["sound: 1 rejected since ['no data']"]
    found = heard()
    found.add(timing(4, Outcome.REJECTED, 'no data'), 20)
    assert list(wrong_kinds(found, SENT, REASONS)) == ["damaged: 1 rejected since ['no data']"]


def test_a_kind_of_which_nothing_came() -> None:
    found = list(wrong_kinds(Heard(), SENT, REASONS))
    assert found == ['sound: never answered', 'damaged: never rejected']


def test_a_frame_that_was_never_sent() -> None:
    found = heard()
    found.add(timing(4, Outcome.ON_TIME), 50)
    assert list(wrong_kinds(found, SENT, REASONS)) == ['a frame of 50 ns was never sent']


def test_what_diagnostics_never_said() -> None:
    found = Heard(['dark', 'bright'])
    found.add_diagnostics('it is dark', {})
    assert unsaid(found) == ['bright']
