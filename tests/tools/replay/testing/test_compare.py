# SPDX-License-Identifier: Apache-2.0
"""What differs from a golden file, and the cause that is named for it."""

import pytest

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.tools.replay.testing.compare import changed_labels, compare, not_compared
from mobilenet_perception.tools.replay.testing.difference import difference_text
from tests.tools.replay.testing.timelines import LABELS, a_golden, a_replay

WAS = 'ssssyyyynnnnssssyyyy'


def test_the_same_is_no_difference() -> None:
    assert compare(a_golden(WAS), a_replay(WAS)) == []


@pytest.mark.parametrize(
    ('now', 'wrong', 'cause'),
    [
        ('yyyyssssnnnnyyyyssss', 16, 'stop and yield are exchanged: in 16 of 16 frames of either'),
        ('rrrryyyynnnnrrrryyyy', 8, 'stop has become road_work: in 8 of 8 frames'),
        ('ssssyyyynnnnssssyyys', 1, 'single frames have another label: 1 x yield as stop'),
        ('ssss yyy nnn sss yyy', 4, 'every 4th frame is missing'),
        ('ssssyyyynnnnssss    ', 4, 'from frame 17 on all are missing (4 of 20): it ended early'),
        ('   syyyynnnnssssyyyy', 3, 'the first frames are missing, up to 3 (3 of 20)'),
        ('ssss  yynnnnssssyyyy', 2, 'the frames 5 to 6 are missing (2 of 20), in one stretch'),
        ('s sy y  nnn ssssyyyy', 0, 'frames are missing, here and there: the first is frame 2'),
        ('ssssyyyynnnnssssyyyyss', 2, '2 frames came that the golden file does not have'),
        ('ssssyyyynnnnssssyxyx', 2, '2 frames that were on time are expired'),
    ],
)
def test_changes_are_seen_and_their_cause_is_named(now: str, wrong: int, cause: str) -> None:
    if now.startswith('ssss yyy'):
        # Every fourth: at the places 4, 8, 12, 16 and 20 of frames counted from 1.
        now = ''.join(' ' if number % 4 == 0 else WAS[number - 1] for number in range(1, 21))
        wrong = 5
    (difference,) = compare(a_golden(WAS), a_replay(now))
    assert not wrong or len(difference.wrong) == wrong
    assert any(cause in words for words in difference.causes), difference.causes


def test_text_shows_the_first_wrong_frame_and_both_timelines() -> None:
    (difference,) = compare(a_golden('ssyy'), a_replay('ssyn'))
    told = difference_text(difference)
    assert told.splitlines() == [
        '1 of 4 frames of camera have another label or score than in street.golden.json',
        '  first wrong: frame 4 of 4, at 0.300 s, stamp 300000000: '
        'expected yield 0.900, came no_entry 0.900',
        '            0.0 s0.3 s',
        '  expected  ssyy',
        '  came      ssyn',
        '               ^',
        '  s = stop, y = yield, n = no_entry',
        '  cause: single frames have another label: 1 x yield as no_entry',
    ]


def test_long_timelines_are_drawn_in_one_width_and_show_every_wrong_stretch() -> None:
    now = 's' * 500 + 'y' + 's' * 499
    (difference,) = compare(a_golden('s' * 1000), a_replay(now))
    _, _, _, expected, came, marks, _, *_ = difference_text(difference).splitlines()
    assert len(expected) == len(came) == 2 + 10 + 72
    assert came.count('y') == marks.count('^') == 1


def test_scores_within_the_tolerance_are_the_same() -> None:
    came = a_replay(WAS)
    moved = [frame._replace(score=0.919) for frame in came.cameras['camera']]
    assert compare(a_golden(WAS), came._replace(cameras={'camera': moved})) == []
    moved = [frame._replace(score=0.87) for frame in moved]
    (difference,) = compare(a_golden(WAS), came._replace(cameras={'camera': moved}))
    assert 'scores moved by up to 0.030' in difference.causes[0]


def test_decisions_are_compared_where_labels_agree() -> None:
    came = a_replay('ss')
    turned = [frame._replace(decision='unknown') for frame in came.cameras['camera']]
    (difference,) = compare(a_golden('ss'), came._replace(cameras={'camera': turned}))
    assert '2 of 2 frames of camera have another decision' in difference.summary


def test_labels_that_changed_places_are_named_though_only_one_is_in_view() -> None:
    bundle = {'name': 'signals', 'digest': 'cd' * 32, 'labels': [*LABELS[1::-1], *LABELS[2:]]}
    (difference,) = compare(a_golden('ssss'), a_replay('yyyy', bundle=bundle))
    told = ' / '.join(difference.causes)
    assert 'stop and yield have changed places in the list of the labels' in told
    assert 'the bundle is another one: signals cdcdcdcdcdcd, was signals abababababab' in told


def test_circumstances_are_named() -> None:
    came = a_replay(
        'y',
        version='1.1',
        source_digest='bb',
        machine={'processor': 'two', 'runtime': 'onnxruntime 1'},
        settings={'latency_budget_ms': None, 'rate_hz': 5.0},
    )
    (difference,) = compare(a_golden('s'), came)
    told = ' / '.join(difference.causes)
    for words in (
        'the recording, or its labels file, is not the one it was',
        'rate_hz is 5.0, was none',
        'the version of mobilenet_perception is 1.1, was 1.0',
        'the processor is two, was one',
    ):
        assert words in told
    assert 'runtime' not in told


def test_at_recorded_pace_time_may_change_outcomes_and_variants_but_not_labels() -> None:
    golden = a_golden(WAS, 'paced')
    assert compare(golden, a_replay(WAS.replace('n', 'x'), 'paced')) == []
    smaller = [frame._replace(variant='small') for frame in a_replay('y' * 20).cameras['camera']]
    came = a_replay(WAS, 'paced', cameras={'camera': smaller}, inference_ms={'small': 1.0})
    assert compare(golden, came) == []
    assert compare(golden, a_replay('y' + WAS[1:], 'paced')) != []
    rejected = a_replay(WAS, 'paced')
    frames = [frame._replace(outcome='rejected', label='') for frame in rejected.cameras['camera']]
    assert compare(golden, rejected._replace(cameras={'camera': frames})) != []


def test_a_slower_stage_is_named_where_time_counts() -> None:
    golden = a_golden(WAS, 'paced')
    came = a_replay(WAS, 'paced', inference_ms={'large': 25.0})
    (difference,) = compare(golden, came)
    assert difference.causes[0] == (
        'the inference of variant large takes 20.0 ms more: median 25.0 ms, was 5.0'
    )
    assert compare(a_golden(WAS), came._replace(mode='fast')) == []
    elsewhere = came._replace(machine={'processor': 'two'})
    assert compare(golden, elsewhere) == []
    assert 'made on one, and this is two' in not_compared(golden, elsewhere)


def test_modes_are_not_compared_with_each_other() -> None:
    with pytest.raises(PerceptionError, match='a golden file for each mode'):
        compare(a_golden(WAS), a_replay(WAS, 'paced'))


def test_cameras_that_came_or_went_differ() -> None:
    came = a_replay('ss')
    both = compare(a_golden('ss'), came._replace(cameras={'left': came.cameras['camera']}))
    assert [difference.summary[:24] for difference in both] == [
        '2 of 2 frames of camera ',
        '2 of 2 frames of left ha',
    ]


def test_frames_without_stamps_are_paired_in_their_order() -> None:
    came = a_replay('sy')
    unstamped = [frame._replace(stamp_ns=0) for frame in came.cameras['camera']]
    golden = a_golden('sy')
    golden = golden._replace(replayed=golden.replayed._replace(cameras={'camera': unstamped}))
    assert compare(golden, came._replace(cameras={'camera': unstamped})) == []


def test_changed_frames_are_counted() -> None:
    assert changed_labels(a_replay('ssyy'), a_replay('ss n')) == (2, 4)
