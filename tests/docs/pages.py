# SPDX-License-Identifier: Apache-2.0
"""Markdown pages as tests read them: headings, links, code, tables. The standard library alone."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.support import ROOT

_FENCE = re.compile(r'^```(\w*)\n(.*?)^```$', re.M | re.S)
_SPAN = re.compile(r'`([^`]+)`')
_LINK = re.compile(r'!?\[[^\]]*\]\(([^)\s]+)\)')
_HEADING = re.compile(r'^#+ +(.+?) *$', re.M)


class Page(NamedTuple):
    """A page.

    Attributes:
        path: of its file, from the root of the checkout.
        text: all of it.
    """

    path: Path
    text: str

    @property
    def prose(self) -> str:
        """The text without its blocks of code."""
        return _FENCE.sub('', self.text)

    @property
    def spans(self) -> list[str]:
        """What stands in backticks within the prose."""
        return [' '.join(span.split()) for span in _SPAN.findall(self.prose)]

    @property
    def links(self) -> list[str]:
        """Targets of links and pictures."""
        return _LINK.findall(_SPAN.sub('', self.prose))

    @property
    def anchors(self) -> set[str]:
        """What GitHub calls the headings."""
        return {anchor(heading) for heading in _HEADING.findall(self.prose)}

    @property
    def shell(self) -> str:
        """All commands that stand in blocks of code, a line each."""
        return '\n'.join(block for kind, block in _FENCE.findall(self.text) if kind == 'bash')

    def tables(self) -> Iterator[list[list[str]]]:
        """Give each table as rows of cells, the head first."""
        for found in re.findall(r'(?:^\|.*\n)+', self.prose, re.M):
            rows = [_cells(line) for line in found.splitlines()]
            yield [rows[0], *rows[2:]]

    def table(self, *head: str, after: str = '') -> list[list[str]]:
        """Return the rows of all tables with this head, or of those below a heading."""
        page = self
        if after:
            _, _, rest = self.text.partition(f'\n## {after}\n')
            page = Page(self.path, rest.partition('\n## ')[0])
        return [row for table in page.tables() if tuple(table[0]) == head for row in table[1:]]


def read_page(name: str) -> Page:
    """Return a page by its path."""
    return Page(Path(name), (ROOT / name).read_text(encoding='utf-8'))


def all_pages() -> list[Page]:
    """Return every page."""
    names = ['README.md', 'CONTRIBUTING.md']
    names += sorted(f'docs/{path.name}' for path in (ROOT / 'docs').glob('*.md'))
    return [read_page(name) for name in names]


def example_commands(name: str) -> list[str]:
    """Return the commands in the docstring of an example: its indented lines."""
    text = ast.get_docstring(ast.parse((ROOT / 'examples' / name).read_text(encoding='utf-8')))
    assert text is not None
    return [line.strip() for line in text.splitlines() if line.startswith('    ')]


def anchor(heading: str) -> str:
    """Return what GitHub makes of a heading for links to it."""
    words = re.sub(r'[^\w\- ]', '', re.sub(r'[`*]', '', heading).lower())
    return words.replace(' ', '-')


def code(cell: str) -> list[str]:
    """Return what stands in backticks in a cell."""
    return _SPAN.findall(cell)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip('|').split('|')]
