# SPDX-License-Identifier: Apache-2.0
"""Cameras as lines of text: a table for a terminal, or a sentence each for a log.

Lines that stand still: a terminal's whole window, redrawn in place.
"""

import shutil
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TextIO

from mobilenet_perception.pipeline.timing import Outcome
from mobilenet_perception.tools.watch.camera import CameraView

_SILENT_S = 2.0
# Finding each other takes up to so long; before, silence says nothing.
_DISCOVERY_S = 4.0
_BETWEEN = '  '
# As they stand in the line, each with how soon it goes where there is no room: 0 is never.
_COLUMNS = {
    'camera': 0, 'label': 3, 'decision': 0, 'age p50 p99 ms': 1, 'Hz': 4, 'missed': 2,
    'outcomes': 5, 'variant': 7, 'slow-down': 6,
}  # fmt: skip


def table_lines(views: Sequence[CameraView], width: int) -> list[str]:
    """Return a heading, a line for each camera, and below them what is wrong, in sentences.

    Args:
        views: the cameras.
        width: letters that go in a line; columns that do not fit are left out, the less
            important first.
    """
    rows = [dict(zip(_COLUMNS, _COLUMNS, strict=True)), *map(_cells, views)]
    columns = list(_COLUMNS)
    widths = {name: max(len(row[name]) for row in rows) for name in columns}
    while _total(widths, columns) > width and any(_COLUMNS[name] for name in columns):
        columns.remove(max(columns, key=lambda name: _COLUMNS[name]))
    lines = [
        cut(_BETWEEN.join(row[name].ljust(widths[name]) for name in columns).rstrip(), width)
        for row in rows
    ]
    for view in views:
        if view.trouble:
            lines += wrapped(f'! {view.camera}: {view.trouble}', width)
    return lines


def wrapped(words: str, width: int) -> list[str]:
    """Return words as lines that fit a width."""
    return textwrap.wrap(words, max(10, width), subsequent_indent='  ')


def sentence(view: CameraView) -> str:
    """Return what there is to say of a camera as one line of a log, without its trouble."""
    cells = _cells(view)
    parts = [
        f'{view.camera}: {cells["label"]}',
        f'decision {cells["decision"]}',
        f'age p50 {view.age.p50:.1f} p99 {view.age.p99:.1f} ms' if view.age else cells[_AGE],
        f'{cells["Hz"]} Hz',
        f'{cells["missed"]} missed' if view.missed is not None else '',
        cells['outcomes'],
        cells['variant'],
        f'slow-down {cells["slow-down"]}' if view.slowdown else '',
    ]
    return ', '.join(part for part in parts if part)


def note(
    target: str,
    domain: str,
    nodes: Sequence[str],
    views: Sequence[CameraView],
    state: str,
    waited_s: float,
) -> str:
    """Say what is wrong with a node as a whole; empty: nothing, or it is too early to say.

    Args:
        target: the node to watch.
        domain: the ROS domain.
        nodes: the nodes that are there.
        views: its cameras, as far as their topics were found.
        state: what it says is wrong; empty: nothing.
        waited_s: for so long it has been looked for, in seconds.
    """
    # A node that decides is there, whether its name has been heard already or not.
    is_heard = any(view.decision for view in views)
    if is_heard or target in nodes or waited_s < _DISCOVERY_S:
        early = views or waited_s < _DISCOVERY_S
        return state or ('' if early else f'{target} is there, and has no camera topics')
    if views:
        return f'{target} has ended, or its machine is out of reach'
    others = f'; nodes there: {", ".join(sorted(nodes)[:8])}' if nodes else ', and no other node'
    return (
        f'no node {target} in ROS domain {domain}{others}: start it, name it with --node, or set '
        'ROS_DOMAIN_ID as it has it'
    )


def cut(line: str, width: int) -> str:
    """Return a line that fits a width, with a mark where it was cut."""
    return line if len(line) <= width else line[: max(0, width - 1)] + '…'


_AGE = 'age p50 p99 ms'


def _cells(view: CameraView) -> dict[str, str]:
    label, decision = view.label, view.decision
    return {
        'camera': view.camera,
        'label': f'{label.label} {label.score:.2f}' if label else 'no label',
        'decision': decision.label if decision else '-',
        _AGE: _age(view),
        'Hz': f'{view.rate_hz:.1f}',
        'missed': '-' if view.missed is None else f'{view.missed:.1%}'.replace('%', ' %'),
        'outcomes': _outcomes(view.counts),
        'variant': view.variant,
        'slow-down': f'{view.slowdown:.2f}' if view.slowdown else '',
    }


def _age(view: CameraView) -> str:
    if view.silent_s is None:
        return 'no frame yet'
    if view.silent_s >= _SILENT_S:
        return f'silent {view.silent_s:.0f} s'
    return f'{view.age.p50:5.1f} {view.age.p99:6.1f}' if view.age else 'none on time'


def _outcomes(counts: Mapping[Outcome, int]) -> str:
    return ', '.join(f'{counts[name]} {name}' for name in Outcome if counts.get(name))


def _total(widths: Mapping[str, int], columns: Sequence[str]) -> int:
    return sum(widths[name] for name in columns) + len(_BETWEEN) * (len(columns) - 1)


_ENTER = '\033[?1049h\033[?25l'
_LEAVE = '\033[?25h\033[?1049l'
_HOME, _TO_END_OF_LINE, _TO_END = '\033[H', '\033[K', '\033[J'


class Screen:
    """The window of a terminal."""

    def __init__(self, terminal: TextIO) -> None:
        self._terminal = terminal

    @property
    def width(self) -> int:
        """Letters in a line, now: windows change."""
        return shutil.get_terminal_size().columns

    def show(self, lines: Sequence[str]) -> None:
        """Show lines; those that do not fit the window are left out."""
        height = shutil.get_terminal_size().lines
        shown = f'{_TO_END_OF_LINE}\n'.join(lines[: max(1, height - 1)])
        self._terminal.write(f'{_HOME}{shown}{_TO_END_OF_LINE}{_TO_END}')
        self._terminal.flush()


@contextmanager
def screen(terminal: TextIO) -> Iterator[Screen]:
    """Take a terminal's window, and give it back as it was."""
    terminal.write(_ENTER)
    try:
        yield Screen(terminal)
    finally:
        terminal.write(_LEAVE)
        terminal.flush()
