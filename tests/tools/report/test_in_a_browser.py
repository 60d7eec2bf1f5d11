# SPDX-License-Identifier: Apache-2.0
"""Pages in a real browser: nothing is cut off, nothing is missing, nothing is fetched."""

from pathlib import Path

import pytest

from mobilenet_perception.inference.bundle import load_bundle
from mobilenet_perception.inference.classifier import Classifier
from mobilenet_perception.inference.runtimes import create_runtime
from mobilenet_perception.recordings import open_source
from mobilenet_perception.tools.replay.faults import Faults, parse_fault
from mobilenet_perception.tools.replay.in_process import play_fast
from mobilenet_perception.tools.replay.settings import ReplaySettings
from mobilenet_perception.tools.report import pages
from mobilenet_perception.tools.report.json_report import report
from mobilenet_perception.tools.report.run_page import run_page
from mobilenet_perception.tools.report.thumbnails import worst_pictures
from tests.support.browser import DARK, check_page

LONG = 'a_word_as_long_as_the_name_of_a_variant'


@pytest.fixture(scope='module')
def html(tiny: Path, labelled_bag: Path) -> str:
    """The page of a replay in which things go wrong, with signs as a simulation has them."""
    faults = Faults([parse_fault('size@0.3-0.45')])
    classifier = Classifier(load_bundle(tiny), create_runtime(), warmup_runs=1)
    bag = str(labelled_bag)
    run = play_fast(classifier, open_source(bag), ReplaySettings(), faults)
    values = report(run)
    # One frame in three is wrong, and there are words that are long to fit.
    for number, frame in enumerate(values['cameras']['camera']['frames']):
        frame['label'] = frame['label'] and (frame['label'] if number % 3 else 'blue')
        frame['reason'] = frame['reason'] or LONG * (number % 2)
    values['signs'] = [
        {
            'from_s': 1.0, 'label': label, 'decision': 'traffic_light_yellow', 'frames': 10,
            'verdict': 'wrong', 'wrong_frames': 9, 'metres_before': None, 'decided_after_s': 0.5,
        }
        for label in ('stop', LONG)
    ]  # fmt: skip
    worst = worst_pictures(values, lambda stamps: open_source(bag, stamps=stamps))
    assert worst
    return run_page(values, run.thumbnails, worst)


@pytest.mark.parametrize(
    ('width', 'shape', 'options', 'background'),
    [
        (390, 'narrow', (), 'rgb(244, 246, 248)'),
        (1280, 'wide', (DARK,), 'rgb(18, 23, 29)'),
    ],
    ids=['telephone', 'desktop in the dark'],
)
def test_everything_is_shown(
    html: str, tmp_path: Path, width: int, shape: str, options: tuple[str, ...], background: str
) -> None:
    found = check_page(html, tmp_path, width, *options)
    assert found['pictures']
    assert found['timelines'] == [f'timeline {shape}']
    assert found['drawn'] and all(size > 40 for size in found['drawn'])
    # In pixels, with the room above and below the letters.
    assert found['smallest'] >= 10
    assert found['background'] == background


@pytest.mark.parametrize('width', [400, 1200])
def test_wide_tables_scroll_and_heads_are_not_broken(tmp_path: Path, width: int) -> None:
    heads = ('attribute', *('trials', 'multiplications', '95 % interval') * 4)
    wide = pages.Table('Wide', heads, [(LONG, *['12,345,678 to 23,456,789'] * 12)] * 3, 'A note.')
    half = pages.Table('Half', heads[:6], [(LONG, 'fp32', LONG, '1', '2', '3')])
    sections = (
        pages.Section('Tables', 'Words.', (wide, half)),
        *pages.tail((LONG * 9,), {LONG: LONG * 9}),
    )
    check_page(pages.render(pages.Report(LONG * 3, LONG * 9, (), (), sections)), tmp_path, width)
