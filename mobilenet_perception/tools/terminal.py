# SPDX-License-Identifier: Apache-2.0
"""Tables and progress in a terminal: what every command prints beside its answer.

rich draws both where it is installed (the extra `tools`, or apt's python3-rich) and a person is
looking. Into a pipe or a file a table is plain lines, however long, which grep finds things in,
and progress is silent.
"""

import atexit
import sys
import time
from collections.abc import Sequence
from math import inf
from typing import Any

_PERIOD_S = 0.2
_ENDLESS = 10**6


def notify(words: str) -> None:
    """Tell a person what takes long."""
    print(words, file=sys.stderr, flush=True)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Lay out rows, the first being the heading; columns of numbers are set right."""
    columns = list(zip(*rows, strict=True))
    right = [all(cell[:1].isdigit() or cell in ('-', '') for cell in col[1:]) for col in columns]
    if sys.stdout.isatty() and (fitted := _fitted(rows, right)):
        return fitted
    widths = [max(map(len, column)) for column in columns]
    lines = (
        '  '.join(
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in rows
    )
    return '\n'.join(lines)


def _fitted(rows: Sequence[Sequence[str]], right: Sequence[bool]) -> str:
    """Fold cells so that rows fit the window; empty: words would break, or rich is missing."""
    try:
        from rich import console, measure, table, text  # noqa: PLC0415 (an extra)
    except ImportError:
        return ''
    window = console.Console()
    drawn = table.Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style='bold')
    for heading, to_right in zip(rows[0], right, strict=True):
        drawn.add_column(text.Text(heading), justify='right' if to_right else 'left')
    for row in rows[1:]:
        drawn.add_row(*map(text.Text, row))
    anywhere = window.options.update(max_width=_ENDLESS)
    if measure.Measurement.get(window, anywhere, drawn).minimum > window.width:
        return ''
    with window.capture() as captured:
        window.print(drawn)
    return captured.get().rstrip('\n')


class Progress:
    """A line on stderr that counts, a few times a second, only where a person is looking.

    A context: the line is gone at its end.

    Args:
        what: words for what is counted, such as `frames played`.
        total: how many there are to be; None: not known. Where it is, rich shows the rate and
            the time that remains, too.
    """

    def __init__(self, what: str, total: int | None = None) -> None:
        self._what = what
        self._total = total
        self._shown = sys.stderr.isatty()
        self._next_s = 0.0
        self._bar: Any = _bar(what, total) if self._shown else None

    def __call__(self, count: int) -> None:
        """Show a count."""
        if not self._shown or time.monotonic() < self._next_s:
            return
        self._next_s = time.monotonic() + _PERIOD_S
        if self._bar is None:
            of = f' of {self._total}' if self._total else ''
            print(f'\r{count}{of} {self._what}', end='', file=sys.stderr, flush=True)
            return
        self._bar.start()
        self._bar.update(self._bar.task_ids[0], completed=count, refresh=True)

    def end(self) -> None:
        """Clear the line; another count draws it anew."""
        if self._bar is not None:
            self._bar.stop()
        elif self._shown:
            print('\r\033[K', end='', file=sys.stderr, flush=True)

    def __enter__(self) -> 'Progress':
        """Return itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Clear the line."""
        self.end()


def _bar(what: str, total: int | None) -> Any:
    """Return rich's line of progress; None: rich is missing, or the terminal moves no cursor."""
    try:
        from rich import console, progress, text  # noqa: PLC0415 (an extra)
    except ImportError:
        return None

    class Rate(progress.ProgressColumn):
        def render(self, task: progress.Task) -> text.Text:
            return text.Text(f'{task.speed:.1f}/s' if task.speed else '')

    window = console.Console(stderr=True)
    if not window.is_interactive:
        return None
    count = '{task.completed:.0f}' + (f' of {total}' if total else '')
    columns: list[progress.ProgressColumn] = [progress.TextColumn(f'{count} {{task.description}}')]
    if total:
        columns += [progress.BarColumn(), Rate(), progress.TimeRemainingColumn()]
    # Drawn when counted, by no thread beside what is being timed; and stdout, which may be a
    # pipe, is left alone.
    bar = progress.Progress(
        *columns, console=window, transient=True, auto_refresh=False, redirect_stdout=False,
        redirect_stderr=False,
    )  # fmt: skip
    bar.add_task(what, total=total or inf)
    # It hides the cursor, which must come back however this ends.
    atexit.register(bar.stop)
    return bar
