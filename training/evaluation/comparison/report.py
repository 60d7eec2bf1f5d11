# SPDX-License-Identifier: Apache-2.0
"""A comparison as a report with plots of accuracy against each cost."""

from collections.abc import Sequence

from training.evaluation.comparison.comparison import Comparison, Row
from training.evaluation.comparison.tables import (
    DIFFERENCE_HEADS,
    comparison_heads,
    comparison_rows,
    difference_rows,
    machine_words,
)
from training.evaluation.report.tables import percent
from training.report import Headline, Picture, Report, Section, Table
from training.report.pareto import Point, pareto_plot
from training.report.style import svg


def comparison_report(comparison: Comparison) -> Report:
    """Return the report; it draws a plot for each cost."""
    sections = [
        Section('The networks', '', (_table(comparison),)),
        *_differences(comparison),
        *pareto_section(comparison.rows),
    ]
    return Report(
        title=f'{len(comparison.rows)} networks compared',
        words='Accuracy on the test part of each, and what one image costs.',
        headlines=_headlines(comparison.rows),
        sections=tuple(sections),
        limits=comparison.notes,
        facts={'Latency measured on': machine_words(comparison)},
    )


def pareto_section(rows: Sequence[Row]) -> list[Section]:
    """Return the section of plots; none where no accuracy is known."""
    known = [row for row in rows if row.accuracy is not None]
    costs: dict[str, list[tuple[Row, float]]] = {
        f'latency on {name}, median (ms)': [
            (row, row.latency[name].p50_ms) for row in known if name in row.latency
        ]
        for name in dict.fromkeys(name for row in known for name in row.latency)
    }
    costs['multiply-adds'] = [(row, float(row.macs)) for row in known]
    costs['parameters'] = [(row, float(row.parameters)) for row in known]
    pictures = tuple(
        Picture(
            f'Accuracy against {cost}', svg(pareto_plot([_point(*one) for one in found], cost))
        )
        for cost, found in costs.items()
        if found
    )
    if not pictures:
        return []
    words = (
        'Blue: no other is at least as accurate for at most the cost. Vertical lines are 95 % '
        'intervals.'
    )
    return [Section('Accuracy and cost', words, pictures)]


def _point(row: Row, cost: float) -> Point:
    low, high = (row.interval.low, row.interval.high) if row.interval else (None, None)
    return Point(row.name, cost, row.accuracy or 0.0, low, high)


def _table(comparison: Comparison) -> Table:
    return Table(
        'The most accurate first',
        comparison_heads(comparison),
        tuple(comparison_rows(comparison)),
        'ECE: expected calibration error. MACs: multiply-adds of one image.',
    )


def _differences(comparison: Comparison) -> list[Section]:
    if not comparison.differences:
        return []
    words = (
        'On the same frames, in percentage points. Every resample of groups is given to both, so '
        'that what is hard for both cancels.'
    )
    table = Table('Accuracy', DIFFERENCE_HEADS, tuple(difference_rows(comparison)))
    return [Section(f'Against {comparison.against}', words, (table,))]


def _headlines(rows: Sequence[Row]) -> tuple[Headline, ...]:
    known = [row for row in rows if row.accuracy is not None]
    found = [
        Headline(percent(row.accuracy or 0.0), f'the most accurate: {row.name}')
        for row in known[:1]
    ]
    timed = [(one.p50_ms, row.name, name) for row in rows for name, one in row.latency.items()]
    if timed:
        fastest = min(timed)
        found.append(
            Headline(f'{fastest[0]:.2f} ms', f'the fastest: {fastest[1]} on {fastest[2]}, median')
        )
    small = min(rows, key=lambda row: row.bytes)
    found.append(Headline(f'{small.bytes / 1e6:.2f} MB', f'the smallest file: {small.name}'))
    return tuple(found)
