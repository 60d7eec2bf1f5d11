# SPDX-License-Identifier: Apache-2.0
"""HTML pages: records of what a report says, and `render`, which makes a page of them.

A page is one file that needs nothing else: pictures inline, no script, no request to anywhere.
Records hold plain text, which the templates escape; only `Drawing.markup` and `Card.overlay` are
taken as they are, and are made by this package alone.
"""

import base64
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from mobilenet_perception.errors import PerceptionError

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

_TEMPLATES = Path(__file__).parent / 'templates'
# Texts of more letters than these may be written in several lines: on a telephone, everywhere.
_SHORT, _LONG = 12, 26
_FIGURE = re.compile(r'[-+]?\d|-?\Z')
_PNG = b'\x89PNG'
_IMAGE_TYPES = {_PNG: 'png', b'<?xm': 'svg+xml', b'<svg': 'svg+xml'}
_SVG_WIDTH = re.compile(rb'<svg[^>]*?\bwidth="([\d.]+)pt"')
# Plots are stored as PNG with so many of their pixels to one of the page.
_PNG_DENSITY = 150 / 96
_POINT = 96 / 72


class Headline(NamedTuple):
    """One figure that matters, and what it is; `kind` is `good`, `warn`, `bad` or nothing."""

    value: str
    words: str
    kind: str = ''


class Remark(NamedTuple):
    """A sentence of the verdict; `kind` is `good`, `warn`, `bad` or nothing."""

    words: str
    kind: str = ''


class Cell(NamedTuple):
    """A cell of a table that is more than its text.

    Attributes:
        text: what it says.
        kind: `good`, `warn`, `bad`; of a matrix `hit` or `miss`.
        tip: shown under the mouse.
        share: of a matrix, how strong its colour is, 0 to 100.
    """

    text: str
    kind: str = ''
    tip: str = ''
    share: int = 0


class Table(NamedTuple):
    """Rows of cells under heads: columns of figures are set right, and first cells name rows.

    Attributes:
        title: above it; may be empty.
        heads: of the columns.
        rows: as many cells each.
        note: below it.
        wide: it takes the whole width of the page, even if it does not need it.
        is_matrix: cells are small squares, coloured by their share.
    """

    title: str
    heads: Sequence[str | Cell]
    rows: Sequence[Sequence[str | Cell]]
    note: str = ''
    wide: bool = False
    is_matrix: bool = False


class Picture(NamedTuple):
    """A plot or photograph.

    Attributes:
        title: above it, and its text for those who do not see it.
        content: PNG or SVG; its first bytes say which.
        note: below it.
        wide: whether it needs the whole width of the page.
    """

    title: str
    content: bytes
    note: str = ''
    wide: bool = False


class Swatch(NamedTuple):
    """What a colour stands for: a CSS colour, or the class of a sign that the style draws."""

    words: str
    colour: str = ''
    kind: str = ''
    tip: str = ''


class Drawing(NamedTuple):
    """SVG of this package's own making, in the colours of the page.

    Attributes:
        title: above it; may be empty.
        markup: the SVG.
        words: above it, under the title.
        figures: below it, by name.
        key: what its colours stand for.
        wide: it takes the whole width of the page.
    """

    title: str
    markup: str
    words: str = ''
    figures: Mapping[str, str] = MappingProxyType({})
    key: Sequence[Swatch] = ()
    wide: bool = False


class Card(NamedTuple):
    """A frame, and what was said of it.

    Attributes:
        title: why it is shown; may be empty.
        said: the label given, or what was decided.
        kind: of what was said: `good`, `bad` or nothing.
        lines: further words.
        picture: JPEG or PNG; None: there is none.
        alt: text for those who do not see the picture.
        overlay: SVG that is laid over it.
        aside: words beside the title.
    """

    title: str
    said: str
    kind: str
    lines: Sequence[str]
    picture: bytes | None = None
    alt: str = ''
    overlay: str = ''
    aside: str = ''


class Facts(NamedTuple):
    """Names and what they are."""

    title: str
    items: Mapping[str, str]


class Notes(NamedTuple):
    """Sentences, each on its own."""

    title: str
    lines: Sequence[str]


Part = Table | Picture | Drawing | Card | Facts | Notes


class Section(NamedTuple):
    """A heading, a paragraph, and what belongs under them.

    Attributes:
        title: the heading.
        words: the paragraph; may be empty.
        parts: in order; two beside each other where there is room.
        key: what colours of all parts stand for.
        column_px: least width of a part where many stand beside each other; 0: two do.
    """

    title: str
    words: str
    parts: Sequence[Part]
    key: Sequence[Swatch] = ()
    column_px: int = 0


class Report(NamedTuple):
    """All that a page says, the verdict first.

    Attributes:
        title: what was done, evaluated or looked at.
        words: a paragraph under the title.
        verdict: what came of it, a sentence each, the most important first.
        headlines: the figures that matter.
        sections: in order.
    """

    title: str
    words: str
    verdict: Sequence[Remark]
    headlines: Sequence[Headline]
    sections: Sequence[Section]


def tail(limits: Sequence[str], facts: Mapping[str, str]) -> list[Section]:
    """Return the last sections of most reports: what figures do not show, how to repeat them."""
    sections = []
    if limits:
        sections.append(Section('Limits', '', (Notes('', limits),)))
    if facts:
        sections.append(Section('How it was made', '', (Facts('', facts),)))
    return sections


def render(report: Report) -> str:
    """Return the page of a report.

    Raises:
        PerceptionError: Jinja2 is not installed.
    """
    return _environment().get_template('page.html.j2').render(report=report)


def require_jinja2() -> None:
    """Check that pages can be written: before the work whose report they are, not after it.

    Raises:
        PerceptionError: Jinja2 is not installed.
    """
    if find_spec('jinja2') is None:
        raise PerceptionError(
            'a page takes Jinja2, which is not installed: apt-get install python3-jinja2, or '
            'pip install jinja2'
        )


@cache
def _environment() -> 'Environment':
    require_jinja2()
    # The palette, too, is imported late: it knows the pipeline, and most commands write no page.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415

    from mobilenet_perception.tools.report.colours import DARK, LIGHT  # noqa: PLC0415

    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    made.globals.update(light=LIGHT, dark=DARK)
    made.filters.update(
        kind=lambda part: type(part).__name__.lower(),
        cell=lambda cell: cell if isinstance(cell, Cell) else Cell(cell),
        sides=_sides,
        breakable=_breakable,
        data=_data,
        width=_width_px,
        image=lambda image: 'png' if image.startswith(_PNG) else 'svg',
    )
    return made


def _sides(table: Table) -> list[str]:
    """Return a class for each column: `figure` (set right), `text`, `words`, `long`."""
    sides = []
    for number in range(len(table.heads)):
        cells = (row[number] for row in table.rows)
        texts = [cell.text if isinstance(cell, Cell) else cell for cell in cells]
        longest = max(map(len, texts), default=0)
        if number and all(map(_FIGURE.match, texts)):
            sides.append('figure')
        else:
            sides.append('long' if longest > _LONG else 'words' if longest > _SHORT else 'text')
    return sides


def _breakable(text: str) -> 'Markup':
    """Let a name be broken where its parts meet, and nowhere else."""
    from markupsafe import Markup  # noqa: PLC0415

    return Markup('<wbr/>').join(re.split(r'(?<=[_/])(?=.)', text))


def _data(image: bytes) -> str:
    kind = _IMAGE_TYPES.get(image[:4], 'jpeg')
    return f'data:image/{kind};base64,{base64.b64encode(image).decode()}'


def _width_px(image: bytes) -> int:
    """Return how wide a plot is at its own size, in pixels of the page."""
    if found := _SVG_WIDTH.search(image):
        return round(float(found[1]) * _POINT)
    return round(int.from_bytes(image[16:20], 'big') / _PNG_DENSITY)
