# SPDX-License-Identifier: Apache-2.0
"""The timeline: aligned rows, lines as long as there is time, colours for all kinds of eyes."""

import re
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from mobilenet_perception.pipeline.timing import Outcome
from mobilenet_perception.tools.report.colours import DARK, LIGHT, OUTCOME_COLOURS
from mobilenet_perception.tools.report.drawing import Scale, bands, bins
from mobilenet_perception.tools.report.timeline import NARROW, WIDE, Shape, Track, timeline

# Severe deuteranomaly and protanomaly (Machado, Oliveira and Fernandes, IEEE TVCG 15/6, 2009,
# table 1), for linear RGB.
BLINDNESSES = {
    'deuteranopia': [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                     [-0.011820, 0.042940, 0.968881]],
    'protanopia': [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                   [-0.003882, -0.048116, 1.051998]],
}  # fmt: skip


def frames(count: int, rate_hz: float = 10.0, **more: Any) -> list[dict[str, Any]]:
    return [
        {
            'time_s': number / rate_hz, 'truth': 'stop', 'clear': True, 'label': 'stop',
            'decision': 'stop', 'outcome': 'on_time', 'times_ms': {'age': 5.0},
        } | more
        for number in range(count)
    ]  # fmt: skip


def track(items: list[dict[str, Any]], period_s: float = 0.1) -> Track:
    return Track(items, period_s, 50.0, ['stop', 'yield'], {'stop': '#aaa', 'yield': '#bbb'})


@pytest.mark.parametrize(('shape', 'lines'), [(WIDE, 1), (NARROW, 3)])
def test_time_goes_on_in_lines_as_text_does(shape: Shape, lines: int) -> None:
    drawn = timeline(track(frames(300)), shape)
    assert len(re.findall('>decision</text>', drawn)) == lines
    # Not one more for the last frame's own time.
    assert len(re.findall('>decision</text>', timeline(track(frames(299)), shape))) == lines


def test_an_hour_takes_no_more_than_six_lines() -> None:
    hour = track(frames(3600, rate_hz=1.0), period_s=1.0)
    assert len(re.findall('>decision</text>', timeline(hour, NARROW))) == 6


@pytest.mark.parametrize(('count', 'lines'), [(301, 3), (309, 3), (325, 4)])
def test_a_little_at_the_end_makes_no_line_of_its_own(count: int, lines: int) -> None:
    drawn = timeline(track(frames(count)), NARROW)
    assert len(re.findall('>decision</text>', drawn)) == lines


def test_a_band_reaches_from_its_first_frame_to_the_next_band() -> None:
    items = frames(10)
    for item in items[5:]:
        item['label'] = 'yield'
    drawn = timeline(track(items), WIDE)
    room = WIDE.width - WIDE.left
    found = re.findall(r'<rect x="([\d.]+)" y="40" width="([\d.]+)"[^>]*fill="(#\w+)"', drawn)
    assert [colour for _, _, colour in found] == ['#aaa', '#bbb']
    assert [float(x) for x, _, _ in found] == pytest.approx([WIDE.left, WIDE.left + room / 2])
    assert [float(width) for _, width, _ in found] == pytest.approx([room / 2] * 2)


def test_no_band_is_drawn_over_missing_frames() -> None:
    items = [item for item in frames(20) if not 0.45 < item['time_s'] < 1.45]
    tips = re.findall(r'<title>(stop, [^<]*)</title>', timeline(track(items), WIDE))
    assert tips == ['stop, 0.00 to 0.50 s', 'stop, 1.50 to 2.00 s'] * 3


def test_wrong_frames_are_marked_under_their_row() -> None:
    items = frames(10)
    items[3] |= {'label': 'yield'}
    drawn = timeline(track(items), WIDE)
    assert drawn.count('class="wrong"') == 1
    items[4] |= {'decision': 'yield'}
    assert timeline(track(items), WIDE).count('class="wrong"') == 2


def test_bins_lose_no_frame_and_keep_the_oldest_answer() -> None:
    items = frames(100)
    items[50] |= {'times_ms': {'age': 70.0}, 'outcome': 'late'}
    items[51] |= {'times_ms': {'age': 900.0}, 'outcome': 'superseded'}
    found = bins(items, Scale(0.0, 10.0, 0.0, 100.0), 10, 0.1)
    assert len(found) == 10
    assert sum(item.outcomes.total() for item in found) == 100
    assert found[5].oldest_ms == 70.0
    assert found[5].outcomes == {Outcome.ON_TIME: 8, Outcome.LATE: 1, Outcome.SUPERSEDED: 1}


def test_a_long_flickering_recording_makes_no_page_of_megabytes() -> None:
    items = frames(36_000)
    for number, item in enumerate(items):
        item |= {'label': ('stop', 'yield')[number % 2], 'outcome': list(Outcome)[number % 6]}
    assert len(timeline(track(items), WIDE)) < 1_500_000


def linear(colour: str) -> npt.NDArray[np.float64]:
    """Return linear RGB, 0 to 1, of #rgb or #rrggbb."""
    digits = colour[1:] if len(colour) == 7 else ''.join(2 * digit for digit in colour[1:])
    value = np.array([int(digits[i : i + 2], 16) for i in (0, 2, 4)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


@pytest.mark.parametrize('blindness', [None, *BLINDNESSES])
def test_outcomes_differ_for_all_kinds_of_eyes(blindness: str | None) -> None:
    matrix = np.array(BLINDNESSES[blindness]) if blindness else np.eye(3)
    seen = {name: matrix @ linear(colour) for name, colour in OUTCOME_COLOURS.items()}
    for one in Outcome:
        for other in Outcome:
            if one < other:
                far = np.linalg.norm(np.cbrt(seen[one].clip(0)) - np.cbrt(seen[other].clip(0)))
                assert far > 0.2, (one, other)


@pytest.mark.parametrize('colours', [LIGHT, DARK], ids=['light', 'dark'])
def test_words_stand_out_from_what_is_behind_them(colours: dict[str, str]) -> None:
    """WCAG 2.2, 1.4.3: a ratio of luminances of 4.5 or more."""
    luminance = {
        name: float(linear(value) @ (0.2126, 0.7152, 0.0722)) for name, value in colours.items()
    }
    for words in ('ink', 'soft', 'good', 'bad', 'warn'):
        for behind in ('card', 'page'):
            low, high = sorted((luminance[words], luminance[behind]))
            assert (high + 0.05) / (low + 0.05) >= 4.5, (words, behind)


def test_a_short_name_is_one_that_no_other_label_has() -> None:
    colours = {'priority_road': '#aaa', 'road_work': '#bbb', 'traffic_light_red': '#ccc'}
    for label, said in (('priority_road', []), ('traffic_light_red', ['red'])):
        narrow = Scale(0.0, 1.0, 0.0, 40.0)
        drawn = bands(frames(10, label=label), 'label', narrow, 0.0, 30.0, 6.0, 0.1, colours)
        assert re.findall('<text[^>]*>([^<]*)<', drawn) == said
