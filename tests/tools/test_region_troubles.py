# SPDX-License-Identifier: Apache-2.0
"""What is wrong with recorded regions is said, in one sentence, by `bag info` and by replays."""

import math
from collections.abc import Sequence
from pathlib import Path

import pytest

from mobilenet_perception.frames.boxes import Box
from mobilenet_perception.inference.bundle import load_bundle
from mobilenet_perception.inference.classifier import Classifier
from mobilenet_perception.inference.runtimes import create_runtime
from mobilenet_perception.pipeline.regions import EXACT, RegionRules
from mobilenet_perception.recordings import open_source
from mobilenet_perception.tools.bags.info.command import info_text, info_values
from mobilenet_perception.tools.bags.info.scan import Scan
from mobilenet_perception.tools.region_tally import RegionTally
from mobilenet_perception.tools.replay.in_process import play_fast
from mobilenet_perception.tools.replay.settings import ReplaySettings
from mobilenet_perception.tools.report.json_report import report
from tests.support.recordings import (
    MS,
    START_NS,
    Recorded,
    frame,
    regions,
    stripe,
    striped,
    write_recording,
)

GOOD = stripe('a', 0)
ODD = GOOD._replace(id='b', x=math.nan)
ENDLESS = GOOD._replace(id='b', width=math.inf)
FAR = Box('far', 900.0, 10.0, 20.0, 20.0)


def recording(
    path: Path, boxes: Sequence[Box], clock_s: float = 0.0, of: range = range(20)
) -> Path:
    """Write frames at 20 Hz with regions of their stamps, some of them, by another clock."""
    items: list[Recorded] = []
    for n in range(20):
        items.append(frame(striped('red', 'green', 'blue'), 50.0 * n))
        if n in of:
            items.append(regions(*boxes, at_ms=50.0 * n + 10, age_ms=15.0 + 1e3 * clock_s))
    return write_recording(path, items)


CASES = {
    'id twice': ((GOOD, GOOD), 0.0, range(20), 'in 20 of 20 messages regions were left out: '
                 'a second box of the id a: look at what publishes them'),
    'NaN': ((GOOD, ODD), 0.0, range(20), 'a box with a number that is not finite'),
    'endless': ((GOOD, ENDLESS), 0.0, range(20), 'a box with a number that is not finite'),
    'no id': ((GOOD, stripe('', 1)), 0.0, range(20), '20 of 40 regions have no id: they get '
              'labels, and no decisions'),
    'another clock': ((GOOD,), 5e8, range(20), "the regions' stamps are 500000000 s from those of "
                      'the frames: they are of another clock; copy the header of the image'),
    'frames without regions': ((GOOD,), 0.0, range(5), '11 of 20 frames have no regions within '
                               '200 ms of its stamp: they expire unlabelled'),
    'too many': ([stripe(str(n), 0) for n in range(17)], 0.0, range(20), '20 of 20 messages have '
                 'more regions than the 16 that are looked at in a frame (regions_most)'),
}  # fmt: skip


@pytest.fixture(scope='module')
def classifier(tiny: Path) -> Classifier:
    return Classifier(load_bundle(tiny), create_runtime(), warmup_runs=1)


@pytest.mark.parametrize(('boxes', 'clock_s', 'of', 'said'), CASES.values(), ids=CASES)
def test_bag_info_and_replay_say_it(
    classifier: Classifier,
    tmp_path: Path,
    boxes: Sequence[Box],
    clock_s: float,
    of: range,
    said: str,
) -> None:
    bag = recording(tmp_path / 'bag', boxes, clock_s, of)
    run = play_fast(classifier, open_source(str(bag)), ReplaySettings())
    scan = Scan(bag)
    scan.read()
    findings = info_values(scan)['regions']['/boxes']['findings']
    for words in (run.troubles, findings):
        assert len(words) == 1 and said in words[0], words


def test_boxes_outside_the_image_are_counted(classifier: Classifier, tmp_path: Path) -> None:
    half = Box('half', 60.0, 10.0, 20.0, 10.0)
    bag = recording(tmp_path / 'bag', (GOOD, FAR, half))
    scan = Scan(bag)
    scan.read()
    values = info_values(scan)
    found = values['regions']['/boxes']
    assert (found['regions'], found['outside'], found['partly']) == (60, 20, 20)
    (finding,) = found['findings']
    assert finding.startswith('20 of 60 regions lie outside the image of 60x20 pixels')
    assert 'places   20 of 60 outside the image, 20 partly' in info_text(values)
    run = play_fast(classifier, open_source(str(bag)), ReplaySettings())
    ((reason, count),) = report(run)['reasons']['on_time'].items()
    assert reason.startswith('1 of 3 regions lie outside the image of 60x20 pixels')
    assert count == 19


def test_good_regions_are_said_to_be_good(classifier: Classifier, tmp_path: Path) -> None:
    bag = recording(tmp_path / 'bag', (GOOD, stripe('b', 1)))
    scan = Scan(bag)
    scan.read()
    values = info_values(scan)
    found = values['regions']['/boxes']
    assert found['findings'] == [] and values['findings'] == []
    assert (found['camera'], found['messages'], found['boxes'], found['ids']) == (
        'front', 20, 40, 2,
    )  # fmt: skip
    assert found['rate']['median_hz'] == pytest.approx(20.0)
    assert (found['frames_own'], found['frames_near'], found['apart_ms']) == (20, 20, 0.0)
    assert 'the node takes these regions as they are' in info_text(values)
    assert 'front.regions_topic: /boxes' in values['suggestions'][1]
    run = play_fast(classifier, open_source(str(bag)), ReplaySettings())
    assert run.troubles == []


def test_regions_of_nobody_and_our_own_answers(tmp_path: Path) -> None:
    """There is no camera; and what the node has published is no input."""
    items: list[Recorded] = [regions(GOOD, at_ms=50.0 * n) for n in range(5)]
    items += [
        regions(GOOD, at_ms=300 + n, topic=f'/classifier/front/{name}')
        for n, name in enumerate(('detections', 'decisions'))
    ]
    scan = Scan(write_recording(tmp_path / 'bag', items))
    scan.read()
    values = info_values(scan)
    assert list(values['regions']) == ['/boxes']
    assert values['regions']['/boxes']['findings'] == [
        'there are regions, and no frames of their camera'
    ]
    assert 'there are no camera images' in values['findings'][0]


def test_what_is_not_clear_is_said_of_the_bag(tmp_path: Path) -> None:
    items: list[Recorded] = [frame(striped('red'), 0.0)]
    items += [regions(GOOD, at_ms=5 + n, topic=f'/{n}') for n in range(2)]
    scan = Scan(write_recording(tmp_path / 'bag', items))
    scan.read()
    values = info_values(scan)
    assert values['findings'][0].startswith(
        '/0, /1 could say where to look in the images of front'
    )
    assert values['suggestions'][0].endswith(' --regions none')
    assert [one['camera'] for one in values['regions'].values()] == [None, None]


@pytest.mark.parametrize(
    ('frames', 'messages', 'rules', 'said'),
    [
        ((0, 50, 100), (), RegionRules(), 'there are no regions: what finds them was not running'),
        ((0, 50), (0, 50, 900, 950), RegionRules(),
         '2 of 4 messages of regions have no frame within 200 ms of its stamp'),
        ((0, 50), (1, 51), RegionRules(match=EXACT),
         '2 of 2 frames have no regions of its own stamp: they expire unlabelled; see what finds '
         'regions, or match the latest (regions_match: latest)'),
    ],
)  # fmt: skip
def test_stamps_are_compared_by_the_rules(
    frames: Sequence[int], messages: Sequence[int], rules: RegionRules, said: str
) -> None:
    tally = RegionTally(rules)
    for at_ms in frames:
        tally.add_frame(START_NS + at_ms * MS)
    for at_ms in messages:
        tally.add(START_NS + at_ms * MS, [GOOD])
    assert tally.troubles()[0].startswith(said)
