# SPDX-License-Identifier: Apache-2.0
"""The page in a real browser: nothing is cut off, nothing is missing, nothing is fetched."""

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from mobilenet_perception.inference.bundle import load_bundle
from mobilenet_perception.inference.classifier import Classifier
from mobilenet_perception.inference.runtimes import create_runtime
from mobilenet_perception.recordings import open_source
from mobilenet_perception.tools.replay.faults import Faults, parse_fault
from mobilenet_perception.tools.replay.in_process import play_fast
from mobilenet_perception.tools.replay.settings import ReplaySettings
from mobilenet_perception.tools.report.html import page
from mobilenet_perception.tools.report.json_report import report
from mobilenet_perception.tools.report.worst import worst_pictures

BROWSERS = ('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable')
# The page in a frame as wide as asked for: windows of a browser are 500 pixels wide or more. What
# the page reports becomes the title, which --dump-dom prints.
FRAME = """<!DOCTYPE html><title></title><style>body{{margin:0}}iframe{{border:0}}</style>
<script>addEventListener('message', event => {{ document.title = event.data; }});</script>
<iframe src="page.html" width="{width}" height="900"></iframe>"""
# Put into a copy of the page.
PROBE = """<script>
const errors = [];
addEventListener('error', event => errors.push(String(event.message || event.target.src)), true);
addEventListener('load', () => {
  const edge = document.documentElement.clientWidth;
  const shown = item => item.getClientRects().length > 0;
  const drawings = [...document.querySelectorAll('svg.timeline')].filter(shown);
  const cut = [...document.querySelectorAll('body *')].filter(shown)
    .filter(item => !item.closest('defs') && (item.getBoundingClientRect().right > edge + 1
      || (item.matches('div, section, table, p, ul') && item.scrollWidth > item.clientWidth + 1)));
  const small = drawings.flatMap(drawing => [...drawing.querySelectorAll('text')])
    .map(item => item.getBoundingClientRect().height);
  parent.postMessage(JSON.stringify({
    width: innerWidth,
    scroll: document.documentElement.scrollWidth,
    cut: cut.map(item => item.outerHTML.slice(0, 120)),
    pictures: [...document.images].map(item => item.complete && item.naturalWidth > 0),
    drawn: [...document.querySelectorAll('use')].filter(shown)
      .map(item => item.getBoundingClientRect().width),
    timelines: drawings.map(item => item.getAttribute('class')),
    smallest: Math.min(...small),
    fetched: performance.getEntriesByType('resource').map(item => item.name)
      .filter(name => !name.startsWith('data:')),
    background: getComputedStyle(document.body).backgroundColor,
    errors: errors,
  }), '*');
});
</script>"""


@pytest.fixture(scope='module')
def browser() -> str:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip('needs a browser: apt-get install chromium')
    return found


@pytest.fixture(scope='module')
def html(tiny: Path, labelled_bag: Path) -> str:
    """The page of a replay in which things go wrong."""
    faults = Faults([parse_fault('size@0.3-0.45')])
    classifier = Classifier(load_bundle(tiny), create_runtime(), warmup_runs=1)
    bag = str(labelled_bag)
    run = play_fast(classifier, open_source(bag), ReplaySettings(), faults)
    values = report(run)
    # One frame in three is wrong, and there are words that are long to fit.
    for number, frame in enumerate(values['cameras']['camera']['frames']):
        frame['label'] = frame['label'] and (frame['label'] if number % 3 else 'blue')
        frame['reason'] = frame['reason'] or 'a_word_as_long_as_the_name_of_a_variant' * (
            number % 2
        )
    worst = worst_pictures(values, lambda stamps: open_source(bag, stamps=stamps))
    assert worst
    return page(values, run.thumbnails, worst)


def look(browser: str, html: str, folder: Path, width: int, *options: str) -> dict[str, Any]:
    """Open a page in a window of a width; return what the probe has found."""
    (folder / 'page.html').write_text(html.replace('<title>', f'{PROBE}<title>', 1))
    framed = folder / 'frame.html'
    framed.write_text(FRAME.format(width=width))
    done = subprocess.run(
        [
            *(browser, '--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars'),
            *(f'--user-data-dir={folder}', '--window-size=1400,1000', '--dump-dom'),
            *('--enable-logging=stderr', '--virtual-time-budget=2000', *options),
            framed.as_uri(),
        ],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert 'CONSOLE' not in done.stderr, done.stderr
    title = re.search(r'<title>(\{.*?\})</title>', done.stdout, re.S)
    assert title, done.stderr
    found: dict[str, Any] = json.loads(unescape(title[1]))
    return found


@pytest.mark.parametrize(
    ('width', 'shape', 'options', 'background'),
    [
        (390, 'narrow', (), 'rgb(244, 246, 248)'),
        (1280, 'wide', ('--blink-settings=preferredColorScheme=0',), 'rgb(18, 23, 29)'),
    ],
    ids=['telephone', 'desktop in the dark'],
)
def test_everything_is_shown(
    browser: str, html: str, tmp_path: Path, width: int, shape: str, options: tuple[str, ...],
    background: str,
) -> None:  # fmt: skip
    found = look(browser, html, tmp_path, width, *options)
    assert not found['errors'] and not found['fetched']
    assert found['width'] == width
    assert found['scroll'] <= width and found['cut'] == []
    assert found['pictures'] and all(found['pictures'])
    assert found['timelines'] == [f'timeline {shape}']
    assert found['drawn'] and all(size > 40 for size in found['drawn'])
    # In pixels, with the room above and below the letters.
    assert found['smallest'] >= 10
    assert found['background'] == background
