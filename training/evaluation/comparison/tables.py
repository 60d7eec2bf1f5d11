# SPDX-License-Identifier: Apache-2.0
"""A comparison as a table for people, and as comma-separated values for programs."""

import csv
import io
from collections.abc import Sequence

from mobilenet_perception.tools.terminal import table
from training.evaluation.comparison.comparison import Comparison, Row
from training.evaluation.metrics.bootstrap import Interval
from training.evaluation.report.tables import percent

UNKNOWN = '-'


def comparison_text(comparison: Comparison) -> str:
    """Return the table, the differences and the notes for a terminal."""
    parts = [table([comparison_heads(comparison), *comparison_rows(comparison)])]
    if comparison.differences:
        parts.append(table([DIFFERENCE_HEADS, *difference_rows(comparison)]))
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
        'name', 'network', 'input', 'precision', 'accuracy', '95 % interval', 'ECE',
        'parameters', 'MACs', 'size', *latency,
    )  # fmt: skip


def comparison_rows(comparison: Comparison) -> list[tuple[str, ...]]:
    """Return the cells of each network."""
    runtimes = _runtimes(comparison.rows)
    return [_cells(row, runtimes) for row in comparison.rows]


DIFFERENCE_HEADS = ('name', 'accuracy less that of', 'difference', '95 % interval', 'so it is')


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
        'accuracy_low', 'accuracy_high', 'ece', 'parameters', 'macs', 'bytes',
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
        UNKNOWN if row.ece is None else f'{row.ece:.4f}',
        f'{row.parameters:,}',
        f'{row.macs / 1e6:.1f} M',
        f'{row.bytes / 1e6:.2f} MB',
        *(f'{found.p50_ms:.2f}, {found.p95_ms:.2f}' if found else UNKNOWN for found in latency),
    )


def _runtimes(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row.latency))
