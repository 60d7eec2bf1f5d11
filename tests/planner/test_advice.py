# SPDX-License-Identifier: Apache-2.0
"""Advice is never faster than the most cautious camera allows, and slow without answers."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.planner.advice import (
    Advisor,
    SpeedRelease,
    SpeedRules,
    allowed_percent,
    rules_by_label,
)
from mobilenet_perception.planner.knowledge import CameraKnowledge
from tests.support.manual_clock import MS, ManualClock

MAX_AGE_MS, SILENCE_MS, AFTER_MS = 400.0, 700.0, 600.0
RULES = SpeedRules({'stop': 0.0, 'yield': 40.0, 'clear': 100.0}, unknown=60.0, stale=20.0)
LABELS = ('stop', 'yield', 'clear', 'unheard_of', 'unknown', 'stale')
CAMERAS = ('front', 'left')


def message(label: str, stamp_ns: int, score: float = 0.9) -> Any:
    stamp = SimpleNamespace(sec=stamp_ns // 10**9, nanosec=stamp_ns % 10**9)
    result = SimpleNamespace(class_id=label, score=score)
    return SimpleNamespace(header=SimpleNamespace(stamp=stamp), results=[result])


class Scene:
    def __init__(self, rate: float = 1e6) -> None:
        self.clock = ManualClock()
        self.cameras = {
            name: CameraKnowledge(MAX_AGE_MS, 0.5, SILENCE_MS, self.clock) for name in CAMERAS
        }
        release = SpeedRelease(AFTER_MS, rate, RULES.stale, 0)
        self.advisor = Advisor(self.cameras, RULES, release, self.clock)

    def show(self, label: str, *names: str, age_ms: int = 0, score: float = 0.9) -> None:
        for name in names or CAMERAS:
            stamp_ns = self.clock.now_ns() - age_ms * MS
            self.cameras[name].take(message(label, stamp_ns, score))

    def wait(self, milliseconds: int) -> float:
        """Let time pass, asking every 10 ms; return the percent advised last."""
        percent = self.advisor.now().percent
        for _ in range(milliseconds // 10):
            self.clock.elapsed_ns += 10 * MS
            percent = self.advisor.now().percent
        return percent


@given(
    st.lists(
        st.tuples(
            st.sampled_from(CAMERAS),
            st.sampled_from(LABELS),
            st.integers(-1000, 1000),  # age of the frame
            st.floats(0.0, 1.0),  # score
            st.integers(0, 80),  # time until the next, in tens of milliseconds
        ),
        max_size=30,
    )
)
def test_never_faster_than_the_most_cautious_rule(events: list[Any]) -> None:
    scene = Scene()
    for name, label, age_ms, score, tens in events:
        scene.show(label, name, age_ms=age_ms, score=score)
        percent = scene.advisor.now().percent
        for camera in scene.cameras.values():
            known = camera.now()
            assert percent <= allowed_percent(known, RULES)
            # A label is obeyed where it asks for less, acted on or not.
            assert percent <= RULES.labels.get(known.label, 100.0)
            if not known.may_act:
                assert percent <= max(RULES.unknown, RULES.stale)
        scene.wait(tens * 10)


@given(st.sampled_from(LABELS), st.integers(0, 300), st.booleans())
def test_without_news_it_is_slow_within_max_age(label: str, age_ms: int, stamped: bool) -> None:
    scene = Scene()
    for _ in range(100):
        scene.show(label, age_ms=age_ms)
        scene.wait(20)
    # The node goes on saying the same of the same frame, or falls silent.
    stamp_ns = scene.clock.now_ns() - 20 * MS
    for _ in range(int(MAX_AGE_MS) // 20 + 1):
        for camera in scene.cameras.values():
            if stamped:
                camera.take(message(label, stamp_ns))
        scene.wait(20)
    assert scene.advisor.now().percent <= max(RULES.unknown, RULES.stale)
    assert scene.wait(int(SILENCE_MS)) <= RULES.stale


def test_a_stop_falls_at_once_and_is_left_late_and_slowly() -> None:
    scene = Scene(rate=50.0)
    for _ in range(200):
        scene.show('clear')
        percent = scene.wait(20)
    assert percent == 100.0
    scene.show('stop', 'left')
    advice = scene.advisor.now()
    assert (advice.percent, advice.word, advice.camera) == (0.0, 'stop', 'left')
    scene.show('clear', 'left')
    seen = []
    for _ in range(70):
        scene.show('clear')
        scene.wait(20)
        seen.append(scene.advisor.now())
    held = [advice for advice in seen if advice.word == 'stop']
    assert 500 <= len(held) * 20 <= 620
    assert 'left slowly' in held[-1].reason
    assert seen[-1].word == 'slow'
    assert seen[-1].percent == pytest.approx((len(seen) - len(held)) * 1.0, abs=1.0)


def test_the_most_cautious_thing_in_view_sets_the_speed() -> None:
    scene = Scene()
    scene.show('clear')
    things = []
    for name, label in (('a', 'clear'), ('b', 'yield'), ('c', 'clear')):
        thing = message(label, scene.clock.now_ns())
        thing.id, thing.results = name, [SimpleNamespace(hypothesis=thing.results[0])]
        things.append(thing)
    scene.cameras['left'].take(SimpleNamespace(header=things[0].header, detections=things))
    advice = scene.advisor.now()
    assert (advice.asked_percent, advice.camera, advice.label) == (40.0, 'left', 'yield')


def test_before_any_answer_it_is_slow_and_says_why() -> None:
    advice = Scene().advisor.now()
    assert (advice.percent, advice.word, advice.is_sure) == (RULES.stale, 'slow', False)
    assert 'no decision has come yet' in advice.reason


def test_a_label_in_two_lists_is_refused() -> None:
    with pytest.raises(PerceptionError, match='label yield is in two of'):
        rules_by_label(['stop', 'yield'], ['yield'], [], 50.0)
    assert rules_by_label(['stop'], ['yield'], ['clear', ''], 50.0) == {
        'stop': 0.0,
        'yield': 50.0,
        'clear': 100.0,
    }
