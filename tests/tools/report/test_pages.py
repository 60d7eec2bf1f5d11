# SPDX-License-Identifier: Apache-2.0
"""Pages of plain records: whole, well-formed, self-contained, and never more than text."""

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from importlib.util import find_spec

import pytest

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.tools.report import pages
from mobilenet_perception.tools.report.colours import DARK, LIGHT

EVIL = '<script>alert("1")</script>&\'"'
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="72pt" height="36pt"/>'


def parse(text: str) -> ET.Element:
    """Pages are XML too, so that a parser proves them well-formed."""
    return ET.fromstring(text.removeprefix('<!DOCTYPE html>\n'))


def words(item: ET.Element) -> str:
    return ''.join(item.itertext())


def in_a_page(*parts: pages.Part) -> ET.Element:
    return parse(pages.render(pages.Report('t', 'w', (), (), (pages.Section('s', '', parts),))))


def test_whatever_a_name_holds_stays_text() -> None:
    parts: tuple[pages.Part, ...] = (
        pages.Table(
            EVIL,
            (EVIL, pages.Cell(EVIL, EVIL, EVIL)),
            ((EVIL, pages.Cell(EVIL, EVIL, EVIL, 7)),),
            EVIL,
        ),
        pages.Table('', ('', EVIL), ((EVIL, EVIL),), is_matrix=True),
        pages.Picture(EVIL, SVG, EVIL, wide=True),
        pages.Drawing(EVIL, '<svg/>', EVIL, {EVIL: EVIL}, (pages.Swatch(EVIL, EVIL, EVIL, EVIL),)),
        pages.Card(EVIL, EVIL, EVIL, (EVIL,), b'jpeg', EVIL, '', EVIL),
        pages.Facts(EVIL, {EVIL: EVIL}),
        pages.Notes(EVIL, (EVIL,)),
    )
    section = pages.Section(EVIL, EVIL, parts, (pages.Swatch(EVIL),), 200)
    tiles, verdict = (pages.Headline(EVIL, EVIL, EVIL),), (pages.Remark(EVIL, EVIL),)
    text = pages.render(
        pages.Report(EVIL, EVIL, verdict, tiles, (section, *pages.tail((EVIL,), {EVIL: EVIL})))
    )
    root = parse(text)
    assert not [item for item in root.iter() if item.tag in ('script', 'link', 'iframe')]
    assert '<script' not in text
    # A record of each kind, and not one word is lost.
    assert words(root).count(EVIL) == 37
    assert not re.search(r'https?:|url\(|@import', text)


def test_columns_of_figures_are_set_right_and_first_cells_name_rows() -> None:
    table = pages.Table(
        'T',
        ('name', 'word', 'figure'),
        [('1', 'fp32', '+0.5'), ('2', 'int8', '-'), ('3', 'fp16', '54.6 % to 67.2 %')],
    )
    root = in_a_page(table)
    row = root.findall('.//tbody/tr')[0]
    assert [cell.get('class', '').strip() for cell in row] == ['text', 'text', 'figure']
    assert row[0].tag == 'th' and row[0].get('scope') == 'row'


def test_a_table_without_rows_has_its_heads() -> None:
    heads = in_a_page(pages.Table('T', ('name', 'figure'), ())).findall('.//thead//th')
    assert [words(head) for head in heads] == ['name', 'figure']


def test_names_may_break_where_their_parts_meet_and_nowhere_else() -> None:
    name = 'mobilenet_v4/conv_small'
    cell = in_a_page(pages.Table('T', ('name',), [(name,)])).find('.//tbody//th')
    assert cell is not None and words(cell) == name
    parts = [cell.text, *(item.tail for item in cell)]
    assert parts == ['mobilenet_', 'v4/', 'conv_', 'small']


def test_plots_are_as_wide_as_they_were_drawn() -> None:
    image = in_a_page(pages.Picture('P', SVG)).find('.//img')
    assert image is not None
    assert image.get('style') == '--width:96px'
    assert image.get('src', '').startswith('data:image/svg+xml;base64,')


def test_the_page_has_the_colours_of_the_palette() -> None:
    blocks = re.findall(r':root\{([^}]*)\}', pages.render(pages.Report('', '', (), (), ())))
    for block, colours in zip(blocks, (LIGHT, DARK), strict=False):
        assert dict(re.findall(r'--(\w+):(#\w+)', block)) == colours


def test_without_jinja2_one_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        pages, 'find_spec', lambda name: None if name == 'jinja2' else find_spec(name)
    )
    pages._environment.cache_clear()
    with pytest.raises(PerceptionError, match='apt-get install python3-jinja2, or pip install'):
        pages.render(pages.Report('', '', (), (), ()))


def test_records_cost_nothing_to_import() -> None:
    ask = (
        'import sys, mobilenet_perception.tools.report.pages; '
        'print(*{"jinja2", "markupsafe", "numpy", "cv2", "rclpy"} & set(sys.modules))'
    )
    done = subprocess.run([sys.executable, '-c', ask], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ''
