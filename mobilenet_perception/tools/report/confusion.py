# SPDX-License-Identifier: Apache-2.0
"""The confusion matrix of a run: what clear frames show, against the labels they got."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from mobilenet_perception.tools.report import pages
from mobilenet_perception.tools.report.scoring import sightings, unit, verdicts

# More columns are too many for a telephone, and for a reader.
_MOST = 16
NO_LABEL, OTHERS = '', '*'
_HEADS = {NO_LABEL: '\N{EM DASH}', OTHERS: OTHERS}
# As wide as a digit, so that the names of rows stand in line.
_DIGIT_SPACE = '\N{FIGURE SPACE}'
_SPACE = '\N{NO-BREAK SPACE}'
_NAMES = {NO_LABEL: 'no label in time', OTHERS: 'any other label'}


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
        for _, frame in sightings(report)
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


def confusion_section(report: Mapping[str, Any]) -> pages.Section | None:
    """Return the section of the page; None where no truth is known."""
    found = confusion(report)
    if not found.rows:
        return None
    heads = {column: _HEADS.get(column, str(n)) for n, column in enumerate(found.columns, 1)}
    later = ', '.join(f'{heads[one]} {_name(one)}' for one in found.columns[len(found.rows) :])
    words = (
        f'Each row is what {unit(report)} truly showed, counted only where they show it clearly; '
        'each '
        'column, by the number of its row, is the label that they got. Blue, on the diagonal, is '
        'right; orange is wrong or without a label in time.'
        + (f' The further columns: {later}.' if later else '')
    )
    table = pages.Table(
        '',
        (
            'truly',
            *(pages.Cell(head, tip=_name(column)) for column, head in heads.items()),
            'right',
        ),
        [_row(found, truth, heads[truth]) for truth in found.rows],
        is_matrix=True,
    )
    decisions = _decisions(report)
    return pages.Section(
        'Right and wrong', words, (table, decisions) if decisions.rows else (table,)
    )


def _row(found: Confusion, truth: str, number: str) -> list[str | pages.Cell]:
    counts = {column: found.counts.get((truth, column), 0) for column in found.columns}
    total = sum(counts.values())
    # Never rounded up: one frame missed is one frame missed.
    share = f'{int(100 * counts[truth] / total)} %'
    return [
        f'{number.rjust(len(str(len(found.rows))), _DIGIT_SPACE)}{_SPACE}{_name(truth)}',
        *(_cell(count, total, truth, column) for column, count in counts.items()),
        share,
    ]


def _cell(count: int, total: int, truth: str, column: str) -> pages.Cell:
    if not count:
        return pages.Cell('')
    return pages.Cell(
        str(count),
        'hit' if truth == column else 'miss',
        f'{count} of {total} frames of {_name(truth)}: {_name(column)}',
        25 + round(75 * count / total),
    )


def _decisions(report: Mapping[str, Any]) -> pages.Table:
    """Return what was decided after frames that clearly show a signal."""
    labels = report['bundle']['labels']
    rows: list[list[str | pages.Cell]] = []
    for truth in labels:
        frames = [frame for _, frame in sightings(report) if frame['truth'] == truth]
        counts = verdicts(frames, 'decision', labels)
        if total := counts.total():
            wrong = pages.Cell(str(counts['wrong']), 'bad' if counts['wrong'] else '')
            rows.append([_name(truth), str(total), str(counts['right']), wrong,
                         str(counts['silent'])])  # fmt: skip
    heads = ('decisions', unit(report), 'right', 'wrong', pages.Cell('unknown', tip='or stale'))
    note = 'A decision waits for frames to agree, so it may be wrong for the first of them.'
    return pages.Table('', heads, rows, note)


def _name(label: str) -> str:
    return _NAMES.get(label) or label.replace('_', ' ')
