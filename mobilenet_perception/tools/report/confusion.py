# SPDX-License-Identifier: Apache-2.0
"""The confusion matrix of the page: what clear frames show, against the labels they got."""

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

from mobilenet_perception.tools.report.scoring import all_frames

# More columns are too many for a telephone, and for a reader.
_MOST = 16
NO_LABEL, OTHERS = '', '*'


class Confusion(NamedTuple):
    """Counts of (truth, label) over the frames that clearly show something.

    Attributes:
        rows: truths, in the order of the bundle's labels.
        columns: the same, then labels given wrongly, then `OTHERS` and `NO_LABEL` if any.
        counts: frames by truth and column.
    """

    rows: list[str]
    columns: list[str]
    counts: dict[tuple[str, str], int]


def confusion(report: Mapping[str, Any], most: int = _MOST) -> Confusion:
    """Count them; of many labels the most frequent truths are rows, and the rest is `OTHERS`."""
    labels = report['bundle']['labels']
    pairs = Counter(
        (frame['truth'], frame['label'])
        for frame in all_frames(report)
        if frame['clear'] and frame['truth'] in labels
    )
    shown: Counter[str] = Counter()
    given: Counter[str] = Counter()
    for (truth, label), count in pairs.items():
        shown[truth] += count
        given[label] += count
    chosen = {truth for truth, _ in shown.most_common(most)}
    rows = [label for label in labels if label in chosen]
    wrongly = [label for label, _ in given.most_common() if label and label not in chosen]
    columns = [*rows, *wrongly[: max(0, most - len(rows))]]
    counts: Counter[tuple[str, str]] = Counter()
    for (truth, label), count in pairs.items():
        if truth in chosen:
            counts[truth, label if label in columns or not label else OTHERS] += count
    for extra in (OTHERS, NO_LABEL):
        if any(column == extra for _, column in counts):
            columns.append(extra)
    return Confusion(rows, columns, dict(counts))


def confusion_table(report: Mapping[str, Any]) -> str:
    """Return the section; empty where no truth is known."""
    found = confusion(report)
    if not found.rows:
        return ''
    heads = ''.join(
        f'<th scope="col" title="{escape(_name(column))}">{_head(found.columns, column)}</th>'
        for column in found.columns
    )
    rows = ''.join(_row(found, number, truth) for number, truth in enumerate(found.rows, 1))
    later = found.columns[len(found.rows) :]
    also = ', '.join(f'{_head(found.columns, column)} {escape(_name(column))}' for column in later)
    others = f' The further columns: {also}.' if also else ''
    return (
        '<section><h2>Right and wrong</h2><p>Each row is what frames truly showed, counted only '
        'where they show it clearly; each column, by the number of its row, is the label that '
        'they got. Blue, on the diagonal, is right; orange is wrong or without a label in time.'
        f'{others}</p><div class="box fit"><table class="confusion"><thead><tr><th scope="col">'
        f'truly</th>{heads}<th scope="col" class="share">right</th></tr></thead>'
        f'<tbody>{rows}</tbody></table></div></section>'
    )


def _row(found: Confusion, number: int, truth: str) -> str:
    total = sum(found.counts.get((truth, column), 0) for column in found.columns)
    right = found.counts.get((truth, truth), 0)
    cells = ''.join(
        _cell(found.counts.get((truth, column), 0), total, truth, column)
        for column in found.columns
    )
    # Never rounded up: one frame missed is one frame missed.
    return (
        f'<tr><th scope="row"><i>{number}</i> {escape(_name(truth))}</th>{cells}'
        f'<td class="share">{int(100 * right / total)} %</td></tr>'
    )


def _cell(count: int, total: int, truth: str, column: str) -> str:
    if not count:
        return '<td></td>'
    kind = 'hit' if truth == column else 'miss'
    words = f'{count} of {total} frames of {_name(truth)}: {_name(column)}'
    strength = 25 + round(75 * count / total)
    return (
        f'<td class="{kind}" style="--strength:{strength}%" title="{escape(words)}">{count}</td>'
    )


def _head(columns: Sequence[str], column: str) -> str:
    return {NO_LABEL: '&#8212;', OTHERS: '*'}.get(column) or str(columns.index(column) + 1)


def _name(label: str) -> str:
    known = {NO_LABEL: 'no label in time', OTHERS: 'any other label'}
    return known.get(label) or label.replace('_', ' ')
