# SPDX-License-Identifier: Apache-2.0
"""What a report says, without how it looks. All words are plain text: the page escapes them."""

from typing import NamedTuple


class Headline(NamedTuple):
    """One figure that matters, and what it is; `kind` is `good`, `warn`, `bad` or nothing."""

    value: str
    words: str
    kind: str = ''


class Table(NamedTuple):
    """Rows of cells under heads; the first column is text, the others are figures.

    One with many columns takes the whole width of the page.
    """

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ''


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


class Section(NamedTuple):
    """A heading, a paragraph, and what belongs under them."""

    title: str
    words: str
    parts: tuple[Table | Picture, ...]


class Report(NamedTuple):
    """A whole report.

    Attributes:
        title: what was evaluated.
        words: a paragraph under the title.
        headlines: the figures that matter.
        sections: in order.
        limits: what the figures do not show, a sentence each.
        facts: by name: configuration, data, versions; at the end, for whoever repeats it.
    """

    title: str
    words: str
    headlines: tuple[Headline, ...]
    sections: tuple[Section, ...]
    limits: tuple[str, ...]
    facts: dict[str, str]
