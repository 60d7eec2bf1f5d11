# SPDX-License-Identifier: Apache-2.0
"""A planner is told a label only while it may be acted on, and why not otherwise."""

from types import SimpleNamespace
from typing import Any

import pytest

from mobilenet_perception.planner.knowledge import CameraKnowledge, combined
from tests.support.manual_clock import MS, ManualClock


def message(label: str, score: float, stamp_ns: int) -> Any:
    stamp = SimpleNamespace(sec=stamp_ns // 10**9, nanosec=stamp_ns % 10**9)
    result = SimpleNamespace(class_id=label, score=score)
    return SimpleNamespace(header=SimpleNamespace(stamp=stamp), results=[result])


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def known(clock: ManualClock, *decisions: tuple[str, float]) -> CameraKnowledge:
    found = CameraKnowledge(max_age_ms=200.0, least_score=0.6, silence_ms=500.0, clock=clock)
    for label, score in decisions:
        found.take(message(label, score, clock.now_ns()))
    return found


def test_a_fresh_label_may_be_acted_on_until_it_is_old(clock: ManualClock) -> None:
    camera = known(clock, ('stop', 0.97))
    clock.elapsed_ns = 200 * MS
    found = camera.now()
    assert (found.label, found.may_act, found.reason) == ('stop', True, '')
    assert found.age_ms == pytest.approx(200.0)
    clock.elapsed_ns += MS
    found = camera.now()
    assert (found.label, found.may_act) == ('stop', False)
    assert '201 ms old' in found.reason


def test_silence_is_stale_whatever_was_said_last(clock: ManualClock) -> None:
    camera = known(clock, ('priority_road', 0.99))
    clock.elapsed_ns = 501 * MS
    found = camera.now()
    assert (found.label, found.score, found.age_ms, found.may_act) == ('stale', 0.0, None, False)
    assert 'the classifier is gone' in found.reason
    assert 'has come yet' in known(clock).now().reason


@pytest.mark.parametrize(
    ('label', 'score', 'reason'),
    [
        ('unknown', 0.4, 'no label is decided: the likeliest has 0.40 over the recent frames'),
        ('unknown', 0.997, 'has above 0.99 over the recent frames, but none of these shows it'),
        ('unknown', 0.4999, 'the likeliest has 0.49 over the recent frames'),
        ('stop', 0.59, 'its score is 0.59'),
        ('stop', 0.5999, 'its score is 0.59, less than 0.6'),
        ('stale', 0.0, 'no answers in time'),
    ],
)
def test_what_is_not_sure_may_not_be_acted_on(
    clock: ManualClock, label: str, score: float, reason: str
) -> None:
    found = known(clock, (label, score)).now()
    assert (found.label, found.may_act) == (label, False)
    assert reason in found.reason


def test_a_stamp_of_another_clock_may_not_be_acted_on(clock: ManualClock) -> None:
    camera = known(clock)
    camera.take(message('stop', 0.9, clock.now_ns() + 10**12))
    assert 'the clocks differ' in camera.now().reason
    camera.take(SimpleNamespace(results=[]))
    assert 'holds no label' in camera.now().reason


def test_the_most_cautious_camera_wins(clock: ManualClock) -> None:
    caution = {'stop': 3, 'stale': 2, 'unknown': 1}
    cameras = {
        'left': known(clock, ('priority_road', 0.99)),
        'front': known(clock, ('stop', 0.9)),
        'right': known(clock),
    }
    name, found = combined(cameras, lambda label: caution.get(label, 0))
    assert (name, found.label) == ('front', 'stop')
    del cameras['front']
    assert combined(cameras, lambda label: caution.get(label, 0))[0] == 'right'


def decisions(clock: ManualClock, **things: tuple[str, float]) -> Any:
    """Return a message of `~/<camera>/decisions`; `_` is the empty id."""
    found = []
    for name, (label, score) in things.items():
        said = message(label, score, clock.now_ns())
        said.id = '' if name == '_' else name
        said.results = [SimpleNamespace(hypothesis=said.results[0])]
        found.append(said)
    header = message('', 0.0, clock.now_ns()).header
    return SimpleNamespace(header=header, detections=found)


def test_things_are_known_one_by_one_and_the_least_known_speaks_for_all(
    clock: ManualClock,
) -> None:
    camera = known(clock)
    camera.take(decisions(clock, a=('stop', 0.97), b=('unknown', 0.5), c=('yield', 0.9)))
    things = camera.things()
    assert {name: thing.label for name, thing in things.items()} == {
        'a': 'stop', 'b': 'unknown', 'c': 'yield',
    }  # fmt: skip
    assert things['a'].may_act and not things['b'].may_act
    assert camera.now() == things['b']
    clock.elapsed_ns += 201 * MS
    assert '201 ms old' in camera.things()['a'].reason


def test_nothing_in_view_is_no_silence_and_silence_is_not_nothing(clock: ManualClock) -> None:
    camera = known(clock)
    camera.take(decisions(clock))
    assert (camera.now().label, camera.now().may_act) == ('nothing', True)
    assert camera.things() == {}
    clock.elapsed_ns += 501 * MS
    assert camera.now().label == 'stale' and 'is gone' in camera.now().reason
    camera.take(decisions(clock, _=('stale', 0.0)))
    assert camera.now().label == 'stale' and 'no answers in time' in camera.now().reason


def test_the_most_cautious_thing_of_all_cameras_wins(clock: ManualClock) -> None:
    caution = {'priority_road': 0, 'nothing': 0, 'unknown': 1, 'stale': 2, 'stop': 3}
    front, rear = known(clock), known(clock)
    front.take(decisions(clock, a=('priority_road', 0.99), b=('stop', 0.99)))
    rear.take(decisions(clock))
    name, found = combined({'rear': rear, 'front': front}, caution.__getitem__)
    assert (name, found.label) == ('front', 'stop')
