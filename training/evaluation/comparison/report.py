# SPDX-License-Identifier: Apache-2.0
"""A comparison as a page with plots, as tables for the terminal, and as CSV for programs."""

import csv
import io
from collections.abc import Iterator, Sequence

from mobilenet_perception.tools.bundle.open_world import everything_known, everything_unknown
from mobilenet_perception.tools.bundle.open_world_report import (
    KNOWN_WORDS,
    UNKNOWN_WORDS,
    between,
    share,
)
from mobilenet_perception.tools.report import pages
from mobilenet_perception.tools.terminal import table
from training.evaluation.comparison.comparison import Comparison, Row
from training.evaluation.metrics.bootstrap import Interval
from training.evaluation.tables import percent
from training.report.pareto import Point, pareto_front, pareto_plot
from training.report.style import svg

UNKNOWN = '-'
DIFFERENCE_HEADS = ('name', 'accuracy less that of', 'difference', '95 % interval', 'so it is')
_VERDICTS = {'better': 'good', 'worse': 'bad'}


def comparison_report(comparison: Comparison) -> pages.Report:
    """Return the report; it draws a plot for each cost."""
    networks = pages.Table(
        'The most accurate first',
        comparison_heads(comparison),
        comparison_rows(comparison),
        'ECE: expected calibration error. MACs: multiply-adds of one image.',
        wide=True,
    )
    return pages.Report(
        title=f'{len(comparison.rows)} networks compared',
        words='Accuracy on the test part of each, and what one image costs.',
        verdict=tuple(_verdict(comparison)),
        headlines=tuple(_headlines(comparison.rows)),
        sections=(
            pages.Section('The networks', '', (networks,)),
            *_elsewhere(comparison.rows),
            *_differences(comparison),
            *pareto_section(comparison.rows),
            *pages.tail(comparison.notes, {'Latency measured on': machine_words(comparison)}),
        ),
    )


def _verdict(comparison: Comparison) -> Iterator[pages.Remark]:
    costs = _costs(comparison.rows)
    if costs:
        cost, rows = next(iter(costs.items()))
        cost = cost.partition(',')[0]
        least, *others = pareto_front([_point(*one) for one in rows])
        beaten = len(rows) - len(others) - 1
        yield pages.Remark(
            f'{len(others) + 1} of {len(rows)} networks are worth choosing from: {least.name} '
            f'(least {cost}) to {others[-1].name} (most accurate)'
            + (f'; {_others(beaten)} beaten in both.' if beaten else '.')
            if others
            else f'{least.name} beats all others in accuracy and {cost}.'
        )
    if comparison.differences:
        found = [verdict(one.accuracy) for one in comparison.differences.values() if one.accuracy]
        counts = ', '.join(f'{found.count(kind)} {kind}' for kind in dict.fromkeys(found))
        yield pages.Remark(
            f'Against {comparison.against}, on the same frames: {counts or "unknown"}.'
        )
    if comparison.notes:
        yield pages.Remark('Mind the limits at the end of this page.', 'warn')


def _others(count: int) -> str:
    return '1 other is' if count == 1 else f'{count} others are'


def _headlines(rows: Sequence[Row]) -> Iterator[pages.Headline]:
    best = next((row for row in rows if row.accuracy is not None), None)
    if best:
        yield pages.Headline(percent(best.accuracy or 0.0), f'the most accurate: {best.name}')
    timed = [(one.p50_ms, row.name, name) for row in rows for name, one in row.latency.items()]
    if timed:
        fastest_ms, name, runtime = min(timed)
        yield pages.Headline(f'{fastest_ms:.2f} ms', f'the fastest: {name} on {runtime}, median')
    small = min(rows, key=lambda row: row.bytes)
    yield pages.Headline(f'{small.bytes / 1e6:.2f} MB', f'the smallest file: {small.name}')


def _elsewhere(rows: Sequence[Row]) -> list[pages.Section]:
    """Return the section of figures by source; none where nothing of them is known."""
    tables = [
        pages.Table(title, heads, found, note, wide=True)
        for title, heads, found, note in (
            ('Of what shows none of the labels', *source_table(rows, known=False), UNKNOWN_WORDS),
            ('Of what shows a label', *source_table(rows, known=True), KNOWN_WORDS),
        )
        if found
    ]
    words = 'A network may be better on one source and worse elsewhere.'
    return [pages.Section('By source', words, tables)] if tables else []


def source_table(
    rows: Sequence[Row], known: bool
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return heads and cells: a row for each network, a column for each source.

    Args:
        rows: of the comparison.
        known: give the share that is missed of what shows a label; else the share of which a
            label is decided of what shows none.
    """
    shares: dict[str, dict[str, str]] = {}
    for row in rows:
        if row.open_world is None:
            continue
        figures = (
            {name: one.missed for name, one in row.open_world.known.items()}
            if known
            else {name: one.false for name, one in row.open_world.unknown.items()}
        )
        shares[row.name] = {
            name: f'{share(f.value)} ({between(f)})' for name, f in figures.items()
        }
    sources = list(dict.fromkeys(name for found in shares.values() for name in found))
    what = 'missed of' if known else 'false of'
    cells = [
        (name, *(found.get(source, UNKNOWN) for source in sources))
        for name, found in shares.items()
        if found
    ]
    return ('name', *(f'{what} {source}' for source in sources)), cells


def _differences(comparison: Comparison) -> list[pages.Section]:
    if not comparison.differences:
        return []
    words = (
        'On the same frames, in percentage points. Every resample of groups is given to both, so '
        'that what is hard for both cancels.'
    )
    rows: list[tuple[str | pages.Cell, ...]] = [
        (*row, pages.Cell(said, _VERDICTS.get(said, '')))
        for *row, said in difference_rows(comparison)
    ]
    differences = pages.Table('Accuracy', DIFFERENCE_HEADS, rows)
    return [pages.Section(f'Against {comparison.against}', words, (differences,))]


def pareto_section(rows: Sequence[Row]) -> list[pages.Section]:
    """Return the section of plots; none where no accuracy is known."""
    pictures = tuple(
        pages.Picture(
            f'Accuracy against {cost}', svg(pareto_plot([_point(*one) for one in found], cost))
        )
        for cost, found in _costs(rows).items()
    )
    if not pictures:
        return []
    words = (
        'Blue: no other is at least as accurate for at most the cost. Vertical lines are 95 % '
        'intervals.'
    )
    return [pages.Section('Accuracy and cost', words, pictures)]


def _costs(rows: Sequence[Row]) -> dict[str, list[tuple[Row, float]]]:
    """Return each network of known accuracy with its cost, by what that is."""
    known = [row for row in rows if row.accuracy is not None]
    costs = {
        f'latency on {name}, median (ms)': [
            (row, row.latency[name].p50_ms) for row in known if name in row.latency
        ]
        for name in _runtimes(known)
    }
    costs['multiply-adds'] = [(row, float(row.macs)) for row in known]
    costs['parameters'] = [(row, float(row.parameters)) for row in known]
    costs['size (bytes)'] = [(row, float(row.bytes)) for row in known]
    return {cost: found for cost, found in costs.items() if found}


def _point(row: Row, cost: float) -> Point:
    low, high = (row.interval.low, row.interval.high) if row.interval else (None, None)
    return Point(row.name, cost, row.accuracy or 0.0, low, high)


def comparison_text(comparison: Comparison) -> str:
    """Return the table, the differences and the notes for a terminal."""
    parts = [table([comparison_heads(comparison), *comparison_rows(comparison)])]
    if comparison.differences:
        parts.append(table([DIFFERENCE_HEADS, *difference_rows(comparison)]))
    for known in (False, True):
        heads, cells = source_table(comparison.rows, known)
        if cells:
            parts.append(table([heads, *cells]))
    words = [f'latency of one image on {machine_words(comparison)}']
    words += [f'note: {note}' for note in comparison.notes]
    return '\n\n'.join([*parts, '\n'.join(words)])


def machine_words(comparison: Comparison) -> str:
    """Return where latency was measured."""
    machine = comparison.machine
    return (
        f'{machine["processor"]}, {machine["threads"]} thread(s), {machine["runtimes"]}; '
        f'interleaved; load {machine["load"]}'
    )


def comparison_heads(comparison: Comparison) -> tuple[str, ...]:
    """Return the heads of the columns."""
    latency = (f'{name} p50, p95 (ms)' for name in _runtimes(comparison.rows))
    return (
        'name', 'network', 'input', 'precision', 'accuracy', '95 % interval', 'false decisions',
        'AUROC', 'missed', 'ECE', 'parameters', 'MACs', 'size', *latency,
    )  # fmt: skip


def comparison_rows(comparison: Comparison) -> list[tuple[str, ...]]:
    """Return the cells of each network."""
    runtimes = _runtimes(comparison.rows)
    return [_cells(row, runtimes) for row in comparison.rows]


def _cells(row: Row, runtimes: Sequence[str]) -> tuple[str, ...]:
    latency = (row.latency.get(name) for name in runtimes)
    ends = row.interval and f'{percent(row.interval.low)} to {percent(row.interval.high)}'
    return (
        row.name,
        f'{row.architecture} x{row.alpha:g}',
        f'{row.width}x{row.height}',
        row.precision,
        UNKNOWN if row.accuracy is None else percent(row.accuracy),
        ends or UNKNOWN,
        *_open_world_cells(row),
        UNKNOWN if row.ece is None else f'{row.ece:.4f}',
        f'{row.parameters:,}',
        f'{row.macs / 1e6:.1f} M',
        f'{row.bytes / 1e6:.2f} MB',
        *(f'{found.p50_ms:.2f}, {found.p95_ms:.2f}' if found else UNKNOWN for found in latency),
    )


def _open_world_cells(row: Row) -> tuple[str, str, str]:
    """Return false decisions, AUROC and what is missed, of all sources together."""
    unknown, known = everything_unknown(row.open_world), everything_known(row.open_world)
    return (
        share(unknown.false.value) if unknown else UNKNOWN,
        f'{unknown.auroc.value:.3f}' if unknown and unknown.auroc else UNKNOWN,
        share(known.missed.value) if known else UNKNOWN,
    )


def difference_rows(comparison: Comparison) -> list[tuple[str, ...]]:
    """Return the cells of each difference of accuracy, in percentage points."""
    rows: list[tuple[str, ...]] = []
    for row in comparison.rows:
        found = comparison.differences.get(row.name)
        if found is None:
            continue
        one = found.accuracy
        if one is None:
            rows.append((row.name, comparison.against, UNKNOWN, 'too few groups', UNKNOWN))
            continue
        rows.append(
            (
                row.name,
                comparison.against,
                f'{100 * one.value:+.2f}',
                f'{100 * one.low:+.2f} to {100 * one.high:+.2f}',
                verdict(one),
            )
        )
    return rows


def verdict(difference: Interval) -> str:
    """Say what an interval of a difference of accuracy allows to say."""
    if difference.low > 0:
        return 'better'
    return 'worse' if difference.high < 0 else 'not told apart'


def comparison_csv(comparison: Comparison) -> str:
    """Return one line a network, plain numbers: shares 0 to 1, bytes, milliseconds."""
    runtimes = _runtimes(comparison.rows)
    fields = [
        'name', 'folder', 'architecture', 'alpha', 'height', 'width', 'precision', 'accuracy',
        'accuracy_low', 'accuracy_high', 'false', 'false_low', 'false_high', 'auroc', 'fpr95',
        'missed', 'ece', 'parameters', 'macs', 'bytes',
        *(f'{name}_{part}' for name in runtimes for part in ('p50_ms', 'p95_ms')),
        'difference', 'difference_low', 'difference_high',
    ]  # fmt: skip
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, fields, lineterminator='\n')
    writer.writeheader()
    for row in comparison.rows:
        line = {name: value for name, value in row._asdict().items() if name in fields}
        if row.interval:
            line |= {'accuracy_low': row.interval.low, 'accuracy_high': row.interval.high}
        line |= _open_world_numbers(row)
        for name, found in row.latency.items():
            line |= {f'{name}_p50_ms': found.p50_ms, f'{name}_p95_ms': found.p95_ms}
        differences = comparison.differences.get(row.name)
        if differences and (one := differences.accuracy):
            line |= {
                'difference': one.value,
                'difference_low': one.low,
                'difference_high': one.high,
            }
        writer.writerow(line)
    return buffer.getvalue()


def _open_world_numbers(row: Row) -> dict[str, float | None]:
    unknown, known = everything_unknown(row.open_world), everything_known(row.open_world)
    found: dict[str, float | None] = {'missed': known.missed.value} if known else {}
    if unknown:
        false = unknown.false
        found |= {'false': false.value, 'false_low': false.low, 'false_high': false.high}
        if unknown.auroc and unknown.kept:
            found |= {'auroc': unknown.auroc.value, 'fpr95': unknown.kept.value}
    return found


def _runtimes(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row.latency))
