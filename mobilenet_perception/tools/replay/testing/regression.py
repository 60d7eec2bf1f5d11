# SPDX-License-Identifier: Apache-2.0
"""The same bags before and after a change: what got better, what worse."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from mobilenet_perception.pipeline.timing import percentiles
from mobilenet_perception.tools.replay.testing.compare import changed_labels
from mobilenet_perception.tools.replay.testing.expectations import miss_rate
from mobilenet_perception.tools.replay.testing.golden import replayed
from mobilenet_perception.tools.terminal import table

_TOTAL = 'in all'


class Figures(NamedTuple):
    """What is compared of one replay, or of several together.

    Attributes:
        frames: received.
        right: clear frames of known truth answered right.
        clear: clear frames of known truth.
        decided: frames after which a label was decided.
        miss_rate: share of frames without an answer in time, 0 to 1.
        p50_ms: median age of answers; None: of fast replays, where it means nothing.
        p99_ms: 99th percentile.
    """

    frames: int
    right: int
    clear: int
    decided: int
    miss_rate: float
    p50_ms: float | None
    p99_ms: float | None


class Row(NamedTuple):
    """One bag before and after; `changed` counts frames whose label or outcome differs."""

    name: str
    before: Figures
    now: Figures
    changed: int

    @property
    def is_worse(self) -> bool:
        """Whether fewer frames are right, or more are missed."""
        return self.now.right < self.before.right or self.now.miss_rate > self.before.miss_rate


class Regression(NamedTuple):
    """All bags, before and after.

    Attributes:
        rows: the bags that both have, and all of them together at the end.
        only_before: names of bags that only the baseline has.
        only_now: names of bags that the baseline lacks.
    """

    rows: list[Row]
    only_before: list[str]
    only_now: list[str]

    @property
    def worse(self) -> list[str]:
        """The names of the bags that got worse."""
        return [row.name for row in self.rows if row.is_worse]


def regression(
    before: Mapping[str, Mapping[str, Any]], now: Mapping[str, Mapping[str, Any]]
) -> Regression:
    """Compare reports of the same bags, by name.

    Raises:
        PerceptionError: one is no report.
    """
    names = [name for name in now if name in before]
    rows = []
    for name in names:
        changed, _ = changed_labels(replayed(before[name]), replayed(now[name]))
        rows.append(Row(name, figures([before[name]]), figures([now[name]]), changed))
    if len(rows) > 1:
        changed = sum(row.changed for row in rows)
        total_before, total_now = (
            figures([reports[name] for name in names]) for reports in (before, now)
        )
        rows.append(Row(_TOTAL, total_before, total_now, changed))
    return Regression(
        rows,
        [name for name in before if name not in now],
        [name for name in now if name not in before],
    )


def figures(reports: Sequence[Mapping[str, Any]]) -> Figures:
    """Return the figures of several reports together."""
    frames = [
        frame
        for one in reports
        for camera in one['cameras'].values()
        for frame in camera['frames']
    ]
    clear = [one['scoring']['clear'] for one in reports]
    ages = [
        frame['times_ms']['age']
        for frame in frames
        if frame['outcome'] == 'on_time' and 'age' in frame['times_ms']
    ]
    timed = percentiles(ages) if all(one['mode'] != 'fast' for one in reports) else None
    summed = {
        'received': sum(one['received'] for one in reports),
        'lost': sum(one['lost'] for one in reports),
        'outcomes': {
            name: sum(one['outcomes'][name] for one in reports)
            for name in ('on_time', 'superseded')
        },
    }
    return Figures(
        frames=len(frames),
        right=sum(item['right'] for item in clear),
        clear=sum(item['frames'] for item in clear),
        decided=sum(frame['decision'] not in ('unknown', 'stale', '') for frame in frames),
        miss_rate=miss_rate(summed),
        p50_ms=timed.p50 if timed else None,
        p99_ms=timed.p99 if timed else None,
    )


def regression_text(found: Regression) -> str:
    """Return the table, each figure before and now."""
    heading = ['bag', 'frames', 'changed', 'right', 'accuracy', 'decided', 'missed']
    timed = any(row.now.p50_ms is not None for row in found.rows)
    rows = [[*heading, *(['p50 (ms)', 'p99 (ms)'] if timed else [])]]
    for row in found.rows:
        before, now = row.before, row.now
        cells = [
            row.name,
            str(now.frames),
            str(row.changed),
            _change(f'{before.right}', f'{now.right} of {now.clear}'),
            _change(_accuracy(before), _accuracy(now)),
            _change(str(before.decided), str(now.decided)),
            _change(f'{before.miss_rate:.2%}', f'{now.miss_rate:.2%}'),
        ]
        if timed:
            cells += [
                _change(_milliseconds(before.p50_ms), _milliseconds(now.p50_ms)),
                _change(_milliseconds(before.p99_ms), _milliseconds(now.p99_ms)),
            ]
        rows.append(cells)
    lines = [table(rows)]
    if found.only_before:
        lines.append(f'only in the baseline: {", ".join(found.only_before)}')
    if found.only_now:
        lines.append(f'not in the baseline: {", ".join(found.only_now)}')
    return '\n'.join(lines)


def _change(before: str, now: str) -> str:
    return f'{before} > {now}'


def _accuracy(found: Figures) -> str:
    return f'{found.right / found.clear:.2%}' if found.clear else '-'


def _milliseconds(value: float | None) -> str:
    return '-' if value is None else f'{value:.1f}'
