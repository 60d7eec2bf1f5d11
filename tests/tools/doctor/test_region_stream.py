# SPDX-License-Identifier: Apache-2.0
"""Boxes and stamps that came, judged as the node would."""

import math

import pytest

from mobilenet_perception.frames.boxes import Box
from mobilenet_perception.pipeline.regions import EXACT, LATEST, RegionRules
from mobilenet_perception.tools.doctor.region_stream import (
    Arrival,
    BoxTally,
    RegionStream,
    match_frames,
)

MS = 1_000_000
FRAMES = [Arrival(1000 * MS + 40 * n * MS, 40 * n * MS) for n in range(60)]
BOX = Box('7', 100.0, 100.0, 40.0, 40.0, 0.0, ('car',))
SIZE = (640, 480)
ALL = RegionRules()


def regions(late_ms: int = 20, every: int = 1, apart_ms: int = 0) -> list[Arrival]:
    """Regions of every so many frames, so late, under stamps so far apart."""
    return [
        Arrival(frame.came_ns + late_ms * MS, frame.stamp_ns - apart_ms * MS)
        for frame in FRAMES[::every]
    ]


def heard(*boxes: Box, rules: RegionRules = ALL, messages: int = 1) -> RegionStream:
    tally = BoxTally(rules)
    for number in range(messages):
        tally.add(boxes, Arrival(number * 100 * MS, number))
    return tally.stream(SIZE, (), 50.0)


@pytest.mark.parametrize(
    ('came', 'rules', 'share', 'words'),
    [
        (regions(), RegionRules(EXACT), 1.0, ''),
        (regions(), RegionRules(LATEST), 1.0, ''),
        (regions(every=3), RegionRules(EXACT), 1 / 3, ''),
        (regions(every=3), RegionRules(LATEST), 1.0, ''),
        (regions(late_ms=80), RegionRules(EXACT), 0.0, 'no regions of their stamp'),
        (regions(late_ms=80), RegionRules(LATEST), 1.0, ''),
        (regions(apart_ms=7), RegionRules(EXACT), 0.0, 'copy the header'),
        (regions(apart_ms=300), RegionRules(LATEST), 0.0, 'more than regions_max_age_ms (200)'),
        (regions(apart_ms=10**8), RegionRules(LATEST), 0.0, 'of another clock'),
    ],
)
def test_frames_match_as_in_the_node(
    came: list[Arrival], rules: RegionRules, share: float, words: str
) -> None:
    found = match_frames(rules, FRAMES, came, patience_ms=50.0)
    assert found.frames >= 50
    assert found.matched / found.frames == pytest.approx(share, abs=0.02)
    assert words in found.trouble and bool(found.trouble) == bool(words)


def test_how_late_the_regions_of_a_frame_come() -> None:
    assert match_frames(RegionRules(EXACT), FRAMES, regions(80), 50.0).behind_ms == 80.0
    assert match_frames(RegionRules(EXACT), FRAMES, regions(apart_ms=7), 50.0).behind_ms is None
    assert match_frames(RegionRules(EXACT), FRAMES, [], 50.0).frames == 0


def test_boxes_are_counted_by_what_the_node_does_with_them() -> None:
    rules = RegionRules(classes=('car', 'bus'))
    found = heard(
        BOX,
        replace_box(id='8', labels=('bus', 'car')),
        replace_box(id='9', labels=('person',)),
        replace_box(id='10', width=2.0),
        replace_box(id='', x=900.0),
        replace_box(id='11', x=math.nan),
        rules=rules,
    )
    assert (found.boxes, found.labels) == (6, {'car': 5, 'bus': 1, 'person': 1})
    assert (found.other_classes, found.too_small, found.wanted) == (1, 1, 3)
    assert (found.without_id, found.ids, found.outside) == (1, 2, 1)
    assert found.reach == (924, 124)
    (trouble,) = found.troubles
    assert 'not finite' in trouble


def test_shares_of_the_image_are_no_pixels() -> None:
    found = heard(replace_box(x=0.5, y=0.4, width=0.1, height=0.2), messages=3)
    assert (found.boxes, found.shares, found.too_small, found.wanted) == (3, 3, 3, 0)
    assert found.mean_hz == pytest.approx(10.0)


def test_of_an_unknown_image_nothing_is_outside() -> None:
    tally = BoxTally(RegionRules())
    tally.add([replace_box(x=9000.0)], Arrival(0, 0))
    assert tally.stream(None, (), 50.0).outside is None


def replace_box(**changes: object) -> Box:
    return BOX._replace(**changes)  # type: ignore[arg-type]
