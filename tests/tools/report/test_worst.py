# SPDX-License-Identifier: Apache-2.0
"""What the page picks out: worst frames, verdicts, the confusion matrix."""

from typing import Any

import pytest

from mobilenet_perception.tools.report import pages
from mobilenet_perception.tools.report.cards import worst_cards
from mobilenet_perception.tools.report.confusion import (
    NO_LABEL,
    OTHERS,
    confusion,
    confusion_section,
)
from mobilenet_perception.tools.report.scoring import judge, verdicts
from mobilenet_perception.tools.report.thumbnails import worst_frames

LABELS = ['stop', 'yield', 'other', 'background']


def frame(time_s: float, truth: str | None = 'stop', label: str = 'stop', **more: Any) -> Any:
    return {
        'stamp_ns': round(time_s * 1e9), 'time_s': time_s, 'truth': truth, 'clear': True,
        'label': label, 'score': 0.9 if label else None, 'decision': label,
        'outcome': 'on_time' if label else 'late', 'reason': '', 'times_ms': {'age': 5.0},
    } | more  # fmt: skip


def a_report(*frames: Any) -> dict[str, Any]:
    return {'bundle': {'labels': LABELS}, 'cameras': {'front': {'frames': list(frames)}}}


def chosen(report: dict[str, Any]) -> list[tuple[str, float]]:
    return [(item.kind, item.frame['time_s']) for item in worst_frames(report)]


@pytest.mark.parametrize(
    ('said', 'more', 'verdict'),
    [
        ('stop', {}, 'right'), ('yield', {}, 'wrong'), ('background', {}, 'wrong'),
        ('unknown', {}, 'silent'), ('stale', {}, 'silent'), ('', {}, 'silent'),
        ('yield', {'clear': False}, None), ('yield', {'truth': 'moose'}, None),
        ('stop', {'truth': 'background'}, None), ('stop', {'truth': None}, None),
    ],
)  # fmt: skip
def test_judge(said: str, more: dict[str, Any], verdict: str | None) -> None:
    assert judge(frame(0.0, **{'decision': said, **more}), 'decision', LABELS) == verdict


def test_verdicts_count_only_what_counts() -> None:
    frames = [frame(0.0), frame(1.0, label='yield'), frame(2.0, label=''), frame(3.0, None)]
    assert verdicts(frames, 'label', LABELS) == {'right': 1, 'wrong': 1, 'silent': 1}


def test_the_surest_of_the_wrong_come_first_and_neighbours_once() -> None:
    wrong = [
        frame(1.0, label='yield', score=0.6, decision='stop'),
        frame(5.0, label='yield', score=0.8, decision='stop'),
        frame(5.1, label='yield', score=0.9, decision='stop'),
    ]
    found = [item for item in worst_frames(a_report(frame(0.0), *wrong)) if item.kind == 'label']
    assert [(item.frame['time_s'], item.like_it) for item in found] == [(5.1, 3), (1.0, 3)]


def test_a_wrong_decision_comes_before_all_and_no_frame_twice() -> None:
    both = frame(2.0, label='yield', times_ms={'age': 80.0})
    assert chosen(a_report(frame(0.0), both)) == [('decision', 2.0), ('oldest', 0.0)]


def test_each_reason_for_no_label_is_shown_once_the_most_frequent_first() -> None:
    expired = [frame(n, label='', outcome='expired', reason=f'{n} ms left') for n in range(3)]
    broken = [frame(10 + n, label='', outcome='rejected', reason='truncated') for n in range(5)]
    odd = frame(20, label='', outcome='rejected', reason='unheard of')
    found = worst_frames(a_report(*expired, *broken, odd))
    assert [(item.kind, item.frame['reason'], item.like_it) for item in found] == [
        ('unanswered', 'truncated', 5), ('unanswered', '1 ms left', 3),
        ('unanswered', 'unheard of', 1),
    ]  # fmt: skip


def test_oldest_answers_are_those_of_the_highest_age() -> None:
    frames = [frame(n, times_ms={'age': float(10 * n % 70)}) for n in range(20)]
    ages = [item.frame['times_ms']['age'] for item in worst_frames(a_report(*frames))]
    assert ages == [60.0, 60.0, 50.0, 50.0]


def test_confusion_counts_what_was_taken_for_what() -> None:
    found = confusion(
        a_report(
            *[frame(0.0)] * 3, frame(1.0, label='yield'), frame(2.0, label=''),
            frame(3.0, 'background', 'background'), frame(4.0, 'background', 'other'),
            frame(5.0, 'moose', 'stop'), frame(6.0, clear=False),
        )
    )  # fmt: skip
    assert found.rows == ['stop', 'background']
    assert found.columns == ['stop', 'background', 'yield', 'other', NO_LABEL]
    assert found.counts == {
        ('stop', 'stop'): 3, ('stop', 'yield'): 1, ('stop', NO_LABEL): 1,
        ('background', 'background'): 1, ('background', 'other'): 1,
    }  # fmt: skip


def test_confusion_of_many_labels_stays_small_and_loses_no_frame() -> None:
    many = [f'label_{number}' for number in range(100)]
    frames = [frame(n, label, many[-1 - n]) for n, label in enumerate(many)]
    report = a_report(*frames, *[frame(n, many[7], many[7]) for n in range(9)])
    report['bundle']['labels'] = many
    found = confusion(report, most=10)
    assert len(found.rows) == 10 and many[7] in found.rows
    assert len(found.columns) == 11 and found.columns[-1] == OTHERS
    assert sum(found.counts.values()) == 10 + 9


def shown(section: pages.Section | None) -> str:
    assert section is not None
    return pages.render(pages.Report('', '', (), (), (section,)))


def test_confusion_section_is_absent_where_nothing_is_known() -> None:
    assert confusion_section(a_report(frame(0.0, None))) is None
    section = confusion_section(a_report(frame(0.0), frame(1.0, label='yield')))
    assert 'title="1 of 2 frames of stop: yield"' in shown(section)


def test_decisions_are_counted_beside_the_labels() -> None:
    held = frame(1.0, label='yield', decision='stop')
    section = confusion_section(a_report(frame(0.0), held, frame(2.0, decision='unknown')))
    assert section is not None
    decisions = section.parts[1]
    assert isinstance(decisions, pages.Table)
    assert list(decisions.rows) == [['stop', '3', '2', pages.Cell('0'), '1']]


def test_the_card_of_a_wrong_decision_says_what_was_decided() -> None:
    held = frame(1.0, 'yield', 'yield', decision='stop')
    section = worst_cards(a_report(frame(0.0), held), [])
    assert section is not None
    card, _ = section.parts
    assert isinstance(card, pages.Card)
    assert card.said.endswith('decision stop') and card.kind == 'bad'
    assert 'truly yield' in card.lines[0]
    assert 'the frame alone \N{CHECK MARK} yield 0.90' in card.lines
    text = shown(section)
    assert 'decision stop</b>' in text and 'the frame alone \N{CHECK MARK} yield 0.90' in text
