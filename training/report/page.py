# SPDX-License-Identifier: Apache-2.0
"""A report as one HTML page: pictures inline, no script, no request to anywhere."""

import base64
from collections.abc import Iterable, Mapping
from html import escape

from mobilenet_perception.tools.report.style import STYLE
from training.report.record import Headline, Picture, Report, Section, Table

_PNG = b'\x89PNG'
# More columns than this do not fit half the width of the page.
_HALF = 6
_MORE_STYLE = """
.parts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(520px,100%),1fr));
gap:12px;align-items:start}
.parts>*{margin:0;min-width:0}
.wide{grid-column:1/-1}
figure{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:14px 16px}
figure img{display:block;max-width:100%;height:auto;background:#fff;border-radius:4px}
figcaption,.note{color:var(--soft);font-size:13px;margin:8px 0 0;max-width:70ch}
figure h3,.parts h3{margin-bottom:8px}
.box{padding-right:20px}
.scroll{overflow-x:auto}
td{white-space:nowrap}td:last-child,th:last-child{padding-right:0}
"""
# Pictures come as data; nothing else may be loaded or run, whatever a label is called.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def page(report: Report) -> str:
    """Return the page of a report."""
    parts = [
        f'<header><h1>{escape(report.title)}</h1><p>{escape(report.words)}</p></header>',
        f'<div class="tiles">{"".join(map(_headline, report.headlines))}</div>',
        *(_section(section) for section in report.sections),
        _limits(report.limits),
        _facts(report.facts),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"/>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}"/>'
        f'<title>{escape(report.title)}</title><style>{STYLE}{_MORE_STYLE}</style></head>\n'
        '<body><main>\n' + '\n'.join(part for part in parts if part) + '\n</main></body></html>\n'
    )


def _headline(headline: Headline) -> str:
    kind = f' class="{escape(headline.kind)}"' if headline.kind else ''
    return (
        f'<div class="tile"><b{kind}>{escape(headline.value)}</b>'
        f'<span>{escape(headline.words)}</span></div>'
    )


def _section(section: Section) -> str:
    words = f'<p>{escape(section.words)}</p>' if section.words else ''
    parts = (_table(one) if isinstance(one, Table) else _picture(one) for one in section.parts)
    return (
        f'<section><h2>{escape(section.title)}</h2>{words}'
        f'<div class="parts">{"".join(parts)}</div></section>'
    )


def _table(table: Table) -> str:
    heads = ''.join(f'<th>{escape(head)}</th>' for head in table.heads)
    rows = ''.join(
        f'<tr>{"".join(f"<td>{escape(cell)}</td>" for cell in row)}</tr>' for row in table.rows
    )
    note = f'<p class="note">{escape(table.note)}</p>' if table.note else ''
    wide = ' wide' if len(table.heads) > _HALF else ''
    return (
        f'<div class="box{wide}"><h3>{escape(table.title)}</h3><div class="scroll">'
        f'<table><tr>{heads}</tr>{rows}</table></div>{note}</div>'
    )


def _picture(picture: Picture) -> str:
    kind = 'png' if picture.content.startswith(_PNG) else 'svg+xml'
    data = base64.b64encode(picture.content).decode()
    note = f'<figcaption>{escape(picture.note)}</figcaption>' if picture.note else ''
    title, wide = escape(picture.title), ' class="wide"' if picture.wide else ''
    return (
        f'<figure{wide}><h3>{title}</h3>'
        f'<img alt="{title}" src="data:image/{kind};base64,{data}"/>{note}</figure>'
    )


def _limits(limits: Iterable[str]) -> str:
    items = ''.join(f'<li>{escape(limit)}</li>' for limit in limits)
    if not items:
        return ''
    return f'<section><h2>Limits</h2><div class="box"><ul>{items}</ul></div></section>'


def _facts(facts: Mapping[str, str]) -> str:
    items = ''.join(
        f'<dt>{escape(name)}</dt><dd>{escape(value)}</dd>' for name, value in facts.items()
    )
    if not items:
        return ''
    return f'<section><h2>How it was made</h2><div class="box"><dl>{items}</dl></div></section>'
