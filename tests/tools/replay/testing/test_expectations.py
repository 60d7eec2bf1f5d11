# SPDX-License-Identifier: Apache-2.0
"""What is expected of a replay, and what is said when it gives something else."""

import math
from pathlib import Path
from typing import Any

import pytest

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.tools.replay.play import play
from mobilenet_perception.tools.replay.settings import ReplaySettings
from mobilenet_perception.tools.replay.testing.difference import difference_text
from mobilenet_perception.tools.replay.testing.expectations import (
    Expectations,
    LabelInterval,
    check,
    intervals,
)
from mobilenet_perception.tools.report.json_report import report

# The bag shows blue, green and red, for a quarter of a second each.
SHOWN = ((0.0, 0.2, 'blue'), (0.25, 0.45, 'green'), (0.5, 0.7, 'red'))


@pytest.fixture(scope='module')
def played(labelled_bag: Path, tiny: Path) -> dict[str, Any]:
    return report(play(ReplaySettings(str(labelled_bag), tiny)))


def told(values: dict[str, Any], expectations: Expectations) -> str:
    return '\n'.join(map(difference_text, check(values, expectations)))


def test_what_the_bag_shows_is_given(played: dict[str, Any]) -> None:
    expectations = Expectations(
        labels=intervals(SHOWN),
        decisions=intervals([(0.0, 0.2, 'blue'), (0.6, 0.7, 'red', 'camera')]),
        accuracy_at_least=1.0,
        miss_rate_at_most=0.0,
        lost_at_most=0,
        decision_timeout_ms=500.0,
    )
    assert check(played, expectations) == []


def test_a_wrong_label_is_shown_with_its_frame_and_both_timelines(played: dict[str, Any]) -> None:
    said = told(played, Expectations(labels=intervals([(0.3, 0.55, 'green')])))
    assert said.startswith('2 of 6 frames of camera have another label\n')
    assert 'first wrong: frame 11 of 15, at 0.500 s' in said
    assert 'expected green, came red 1.000' in said
    # Outside of the interval nothing is expected.
    assert f'  expected  {" " * 6}gggggg\n' in said
    assert '  came      bbbbbgggggrrrrr\n' in said


def test_exchanged_labels_are_recognised(played: dict[str, Any]) -> None:
    said = told(played, Expectations(labels=intervals([(0, 0.2, 'red'), (0.5, 0.7, 'blue')])))
    assert 'cause: blue and red are exchanged: in 10 of 10 frames' in said


def test_an_interval_without_frames_is_no_success(played: dict[str, Any]) -> None:
    said = told(played, Expectations(labels=intervals([(5, 6, 'red')])))
    assert 'no frame of camera between 5 and 6 s, where red is expected' in said
    assert 'its last frame is at 0.700 s' in said


def test_accuracy_names_confusions(played: dict[str, Any]) -> None:
    wrong = {
        **played,
        'accuracy': 0.8,
        'scoring': {
            **played['scoring'],
            'clear': {'frames': 15, 'right': 12, 'accuracy': 0.8},
            'confusions': [{'truth': 'red', 'label': 'blue', 'frames': 3}],
        },
    }
    said = told(wrong, Expectations(accuracy_at_least=0.9))
    assert 'accuracy is 0.8000 (12 of 15 clear frames), and at least 0.9 is expected' in said
    assert 'cause: 3 x red as blue' in said
    unknown = {**played, 'accuracy': None}
    assert 'needs a labels file' in told(unknown, Expectations(accuracy_at_least=0.9))


def test_missed_and_lost_frames_are_counted(played: dict[str, Any]) -> None:
    outcomes = {**played['outcomes'], 'on_time': 9, 'expired': 4, 'superseded': 2}
    values = {**played, 'outcomes': outcomes, 'lost': 2}
    said = told(values, Expectations(miss_rate_at_most=0.1, lost_at_most=1))
    assert 'the miss rate is 0.4000, and at most 0.1 is allowed' in said
    assert 'cause: 4 frames were expired\n         2 frames were lost' in said
    assert '2 frames got lost on their way to the node' in said
    assert 'superseded' not in said


def test_p99_is_for_replays_in_which_time_passes(labelled_bag: Path, tiny: Path) -> None:
    paced = report(
        play(ReplaySettings(str(labelled_bag), tiny, 'paced', latency_budget_ms=5000.0))
    )
    assert check(paced, Expectations(p99_ms_at_most=60_000.0)) == []
    said = told(paced, Expectations(p99_ms_at_most=0.001))
    assert 'p99 of the age of answers is' in said and 'takes longest: median' in said
    with pytest.raises(PerceptionError, match="play with mode='paced'"):
        check({**paced, 'mode': 'fast'}, Expectations(p99_ms_at_most=50.0))


def test_a_decision_held_beyond_its_evidence_is_found(played: dict[str, Any]) -> None:
    frames = [dict(frame) for frame in played['cameras']['camera']['frames']]
    for frame in frames[11:]:
        # Red is in view no longer, and still decided.
        frame.update(label='green', decision='red')
    values = {**played, 'cameras': {'camera': {'frames': frames}}}
    assert check(values, Expectations(decision_timeout_ms=250.0)) == []
    said = told(values, Expectations(decision_timeout_ms=120.0))
    assert '2 decisions of camera are held for longer than 120 ms' in said
    assert 'first wrong: frame 14 of 15, at 0.650 s' in said
    assert 'expected unknown, came red' in said
    # Over DDS a decision is heard a little later than its frame.
    assert check({**values, 'mode': 'ros'}, Expectations(decision_timeout_ms=120.0)) == []


@pytest.mark.parametrize(
    ('expectations', 'says'),
    [
        (Expectations(accuracy_at_least=95.0), 'accuracy_at_least is 95.0: give a share'),
        (Expectations(miss_rate_at_most=math.nan), 'give a share from 0 to 1'),
        (Expectations(decision_timeout_ms=-1.0), 'decision_timeout_ms is -1.0'),
        (Expectations((LabelInterval(2.0, 1.0, 'red'),)), 'the start before the end'),
        (Expectations((LabelInterval(0.0, 1.0, 'red', 'rear'),)), 'no camera rear: choose one of'),
    ],
)
def test_senseless_expectations_are_refused(
    played: dict[str, Any], expectations: Expectations, says: str
) -> None:
    with pytest.raises(PerceptionError, match=says):
        check(played, expectations)


def test_of_several_cameras_one_must_be_named(played: dict[str, Any]) -> None:
    camera = played['cameras']['camera']
    values = {**played, 'cameras': {'left': camera, 'right': camera}}
    with pytest.raises(PerceptionError, match=r"\(0\.0, 0\.2, 'blue', 'left'\)"):
        check(values, Expectations(labels=intervals(SHOWN)))
    right = [(*item, 'right') for item in SHOWN]
    assert check(values, Expectations(labels=intervals(right))) == []


@pytest.mark.parametrize('given', [(1, 2), ('a', 2, 'red'), 5, (1, 2, 'red', 'left', 'more')])
def test_what_is_no_interval_is_refused(given: Any) -> None:
    with pytest.raises(PerceptionError, match='is no interval'):
        intervals([given])
