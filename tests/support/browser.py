# SPDX-License-Identifier: Apache-2.0
"""A page in a real browser, in a window of any width: what is shown, cut off, broken, fetched."""

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest

BROWSERS = ('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable')
DARK = '--blink-settings=preferredColorScheme=0'
# The page in a frame as wide as asked for: windows of a browser are 500 pixels wide or more. What
# the page reports becomes the title, which --dump-dom prints.
FRAME = """<!DOCTYPE html><title></title><style>body{{margin:0}}iframe{{border:0}}</style>
<script>addEventListener('message', event => {{ document.title = event.data; }});</script>
<iframe src="page.html" width="{width}" height="900"></iframe>"""
# Put into a copy of the page, before its policy forbids scripts. What scrolls within its own box
# may be wider than the box, which itself must be within the page.
PROBE = """<script>
const errors = [];
addEventListener('error', event => errors.push(String(event.message || event.target.src)), true);
addEventListener('load', () => {
  const edge = document.documentElement.clientWidth;
  const shown = item => item.getClientRects().length > 0;
  const drawings = [...document.querySelectorAll('svg.timeline')].filter(shown);
  const cut = [...document.querySelectorAll('body *')].filter(shown)
    .filter(item => !item.closest('defs') && !item.parentElement.closest('.scroll'))
    .filter(item => item.getBoundingClientRect().right > edge + 1
      || (item.matches('div, section, table, p, ul') && !item.matches('.scroll')
        && item.scrollWidth > item.clientWidth + 1));
  const small = drawings.flatMap(drawing => [...drawing.querySelectorAll('text')])
    .map(item => item.getBoundingClientRect().height);
  // A word in two lines has two rectangles.
  const broken = [...document.querySelectorAll('thead th')].flatMap(head =>
    [...head.childNodes].filter(node => node.nodeType === Node.TEXT_NODE).flatMap(node =>
      [...node.data.matchAll(/\\S+/g)].filter(word => {
        const range = document.createRange();
        range.setStart(node, word.index);
        range.setEnd(node, word.index + word[0].length);
        return range.getClientRects().length !== 1;
      }).map(word => word[0])));
  parent.postMessage(JSON.stringify({
    width: innerWidth,
    scroll: document.documentElement.scrollWidth,
    cut: cut.map(item => item.outerHTML.slice(0, 120)),
    heads: document.querySelectorAll('thead th').length,
    broken: broken,
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


def find_browser() -> str:
    """Return the browser that is installed, or skip the test."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip('needs a browser: apt-get install chromium')
    return found


def look(html: str, folder: Path, width: int, *options: str) -> dict[str, Any]:
    """Open a page in a window of a width; return what the probe has found."""
    start = '<meta charset'
    assert start in html
    (folder / 'page.html').write_text(html.replace(start, PROBE + start, 1))
    framed = folder / 'frame.html'
    framed.write_text(FRAME.format(width=width))
    done = subprocess.run(
        [
            *(find_browser(), '--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars'),
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


def check_page(html: str, folder: Path, width: int, *options: str) -> dict[str, Any]:
    """Check what every page must be, in a window of a width; return what the probe has found."""
    found = look(html, folder, width, *options)
    assert not found['errors'] and not found['fetched']
    assert found['width'] == width
    assert found['scroll'] <= width and found['cut'] == []
    assert found['heads'] and found['broken'] == []
    assert all(found['pictures'])
    return found
