# SPDX-License-Identifier: Apache-2.0
"""What is heard of a camera, and the lines it becomes."""

import io
import math
import sys
from collections.abc import Sequence

import pytest
from rich.console import Console

from mobilenet_perception.pipeline.decision import ScoredLabel
from mobilenet_perception.pipeline.timing import FrameRecord, Outcome
from mobilenet_perception.tools.watch.camera import CameraView, WatchedCamera, note, sentence
from mobilenet_perception.tools.watch.command import screen, terminal_window
from mobilenet_perception.tools.watch.things import ThingView, thing_sentence


def record(number: int, outcome: Outcome = Outcome.ON_TIME, age_ms: float = 4.0) -> FrameRecord:
    variant = 'small' if outcome is Outcome.ON_TIME else ''
    return FrameRecord(
        'front', number, number, outcome, variant, 50.0, age_ms=age_ms, slowdown=1.25
    )


def heard_camera() -> WatchedCamera:
    """A camera of 10 Hz heard for 4 s, with one frame in ten expired."""
    camera = WatchedCamera('front')
    for number in range(41):
        outcome = Outcome.EXPIRED if number % 10 == 5 else Outcome.ON_TIME
        camera.take_record(
            record(number, outcome, age_ms=99.0 if number % 10 == 5 else 4.0), number / 10
        )
    camera.take_label(ScoredLabel('stop', 0.976), 4.0)
    camera.take_decision(ScoredLabel('stop', 0.9), 4.0)
    camera.take_health({'on_time': '37', 'expired': '4', 'late': '0', 'topic': '/x'}, '')
    return camera


def camera_with_regions(*things: ThingView) -> WatchedCamera:
    """A camera of 10 Hz whose frames have 5 regions, of which 3 are looked at."""
    camera = WatchedCamera('front')
    for number in range(41):
        looked_at = record(number)._replace(regions=5, regions_classified=3, regions_left=2)
        camera.take_record(looked_at, number / 10)
    camera.things.take_labels([('7', ScoredLabel('green', 0.976))], 4.0)
    camera.things.take_decisions(things, 4.0)
    return camera


GREEN = ThingView('7', None, ScoredLabel('green', 0.91), 30.0)
LEFT = ThingView('post-12', None, ScoredLabel('stale', 0.0))


def table_lines(views: Sequence[CameraView], width: int, heading: str = '') -> list[str]:
    """The screen as lines of a window of so many columns, without its first, the heading."""
    window = Console(file=io.StringIO(), width=width)
    with window.capture() as captured:
        window.print(screen(heading, '', views, width))
    lines = captured.get().splitlines()
    assert max(map(len, lines)) <= width
    return [line.rstrip() for line in lines[0 if heading else 1 :]]


def test_figures_are_of_the_last_seconds() -> None:
    view = heard_camera().view(4.0)
    assert view.rate_hz == pytest.approx(41 / 4)
    assert view.missed == pytest.approx(4 / 41)
    assert view.age is not None and view.age.max == 4.0
    assert view.counts == {Outcome.ON_TIME: 37, Outcome.LATE: 0, Outcome.EXPIRED: 4}
    assert (view.variant, view.slowdown) == ('small', 1.25)


def test_what_is_old_is_not_shown_as_if_it_were_new() -> None:
    view = heard_camera().view(60.0)
    assert view.label is None and view.decision is None and view.rate_hz == 0.0
    assert 'silent 56 s' in sentence(view) and 'stop' not in sentence(view)
    assert 'no frame yet' in sentence(CameraView('rear'))


def test_a_sentence_says_all() -> None:
    said = sentence(heard_camera().view(4.0))
    assert said == (
        'front: stop 0.98, decision stop, age p50 4.0 p99 4.0 ms, 10.2 Hz, 9.8 % missed, '
        '37 on_time, 4 expired, small, slow-down 1.25'
    )


def test_a_table_has_a_line_for_each_camera_in_columns() -> None:
    views = [heard_camera().view(4.0), CameraView('rear_left', trouble='nobody publishes /x')]
    heading, front, rear, trouble = table_lines(views, 200)
    for name, value in (('label', 'stop 0.98'), ('decision', 'stop'), ('missed', '9.8 %')):
        assert front.index(value) == heading.index(name) or name == 'decision'
    assert rear.startswith('rear_left  no label')
    assert trouble == '! rear_left: nobody publishes /x'


def test_a_line_for_each_thing_below_its_camera() -> None:
    view = camera_with_regions(GREEN, LEFT).view(4.1)
    heading, front, green, left = table_lines([view], 200)
    assert 'regions done left' in heading
    at = heading.index('regions done left')
    assert front[at : at + 17].split() == ['5', '3', '2']
    assert front.split()[:3] == ['front', '2', 'things']
    assert green.split() == ['7', 'green', '0.98', 'green', '0.91', '130.0']
    assert left.split() == ['post-12', 'no', 'label', 'stale']
    assert sentence(view).startswith('front: 5 regions, 3 classified, 2 left, decision 2 things,')
    said = [thing_sentence('front', thing) for thing in view.things or ()]
    assert said == [
        'front/7: green 0.98, decision green 0.91, age 130.0 ms',
        'front/post-12: no label, decision stale',
    ]


def test_a_camera_with_regions_says_nothing_stale_and_not_heard_apart() -> None:
    assert 'decision nothing' in sentence(camera_with_regions().view(4.0))
    whole = ThingView('', None, ScoredLabel('stale', 0.0))
    stale = camera_with_regions(whole, GREEN).view(4.0)
    assert 'decision stale' in sentence(stale) and [t.id for t in stale.things or ()] == ['7']
    old = camera_with_regions(GREEN).view(60.0)
    assert old.things is None and 'decision -' in sentence(old)


def test_a_region_without_an_id_has_a_label_and_no_decision() -> None:
    camera = camera_with_regions()
    camera.things.take_labels([('', ScoredLabel('red', 0.8)), ('9', ScoredLabel('red', 0.7))], 4.0)
    (thing,) = camera.view(4.0).things or ()
    assert thing_sentence('front', thing) == 'front/-: red 0.80, decision -'


def test_a_label_of_seconds_ago_is_not_shown_beside_a_fresh_decision() -> None:
    camera = camera_with_regions(GREEN)
    camera.things.take_decisions([GREEN], 12.0)
    (thing,) = camera.view(12.0).things or ()
    assert thing.label is None and thing.decision is not None


def test_a_crowd_of_things_is_cut() -> None:
    crowd = [GREEN._replace(id=str(number)) for number in range(30)]
    lines = table_lines([camera_with_regions(*crowd).view(4.0)], 200)
    assert len(lines) == 23 and lines[-1].split() == ['10', 'more']


@pytest.mark.parametrize('width', range(1, 140, 7))
def test_lines_fit_the_window(width: int) -> None:
    trouble = 'the runtime has been busy with one frame for 3.0 s: restart the node'
    lines = table_lines([heard_camera().view(4.0)._replace(trouble=trouble)], width)
    assert max(map(len, lines)) <= max(10, width)
    if width > 30:
        # The planner's view goes last.
        assert 'decision' in lines[0] and 'stop' in lines[1]
        assert ' '.join(line.strip() for line in lines[2:]).endswith(trouble)


def test_cut_marks_what_is_missing() -> None:
    for heading, shown in (('a' * 30, 'a' * 30), ('a' * 31, 'a' * 29 + '…')):
        assert table_lines([], 30, heading)[0] == shown


def test_note_says_what_to_do() -> None:
    assert note('/classifier', '7', [], [], '', waited_s=1.0) == ''
    missing = note('/classifier', '7', ['/camera_driver'], [], '', waited_s=math.inf)
    for words in ('no node /classifier', 'domain 7', '/camera_driver', 'ROS_DOMAIN_ID', '--node'):
        assert words in missing
    assert 'no other node' in note('/classifier', '7', [], [], '', math.inf)
    assert 'no camera topics' in note('/classifier', '7', ['/classifier'], [], '', math.inf)
    inactive = note('/classifier', '7', ['/classifier'], [], 'inactive: not classifying', 0.0)
    assert inactive.startswith('inactive')
    silent = CameraView('front')
    assert note('/classifier', '7', ['/classifier'], [silent], '', math.inf) == ''
    assert 'has ended' in note('/classifier', '7', [], [silent], '', math.inf)
    assert note('/classifier', '7', [], [heard_camera().view(4.0)], '', math.inf) == ''


def test_without_rich_a_terminal_gets_lines_and_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stdout, 'isatty', lambda: True)
    monkeypatch.setitem(sys.modules, 'rich.console', None)
    assert terminal_window() is None
    told = capsys.readouterr()
    assert not told.out and told.err.count('\n') == 1
    assert 'lines instead of a screen; apt install python3-rich' in told.err


def test_a_pipe_gets_lines_without_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    assert terminal_window() is None
    assert capsys.readouterr() == ('', '')
