# SPDX-License-Identifier: Apache-2.0
"""The signs that a robot came to in a simulation: what was decided, and how far before each."""

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

_HEADS = ('at', 'sign', 'decided', 'verdict', 'metres before', 'after', 'other label')


def signs_rows(report: Mapping[str, Any]) -> list[list[str]]:
    """Return a table of the signs of a report, its heading first; empty where there are none."""
    rows = [_row(item) for item in report.get('signs', ())]
    return [list(_HEADS), *rows] if rows else []


def signs_words(report: Mapping[str, Any]) -> str:
    """Return how many signs were decided right, wrong and not at all."""
    signs: Sequence[Mapping[str, Any]] = report.get('signs', ())
    counts = Counter(item['verdict'] for item in signs)
    kinds = ', '.join(f'{counts[kind]} {kind}' for kind in ('right', 'wrong', 'unknown'))
    return f'{len(signs)} signs: {kinds}, by the decision when the robot left each behind'


def signs_section(report: Mapping[str, Any]) -> str:
    """Return the section of a page; empty where there are none."""
    rows = signs_rows(report)
    if not rows:
        return ''
    head = ''.join(f'<th>{cell}</th>' for cell in rows[0])
    body = ''.join(
        '<tr>' + ''.join(f'<td>{escape(cell)}</td>' for cell in row) + '</tr>' for row in rows[1:]
    )
    return (
        f'<section><h2>Signs</h2><p>{escape(signs_words(report))}. Metres before: how far the '
        'robot still was when the decision became right and stayed so; after: how long that took '
        'since the sign was first looked at, or changed; other label: clear frames after which '
        f'the decision was wrong.</p><div class="box"><table><tr>{head}</tr>{body}</table></div>'
        '</section>'
    )


def _row(item: Mapping[str, Any]) -> list[str]:
    metres, after = item['metres_before'], item['decided_after_s']
    return [
        f'{item["from_s"]:.1f} s',
        item['label'],
        item['decision'] or '-',
        item['verdict'],
        '-' if metres is None else f'{metres:.1f} m',
        '-' if after is None else f'{after:.2f} s',
        f'{item["wrong_frames"]} of {item["frames"]}',
    ]
