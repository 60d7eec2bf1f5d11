# SPDX-License-Identifier: Apache-2.0
"""Lines that stand still: a terminal's whole window, redrawn in place."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO

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
