# SPDX-License-Identifier: Apache-2.0
"""What a person sees in a terminal, and what goes into a pipe."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios

import pytest

from mobilenet_perception.tools.terminal import Progress, table
from tests.support import ROOT

ROWS = [['name', 'n', 'what it says'], ['a', '1', 'short'], ['[red]', '100', 'long ' * 8 + 'end']]
TABLE = f'from mobilenet_perception.tools.terminal import table; print(table({ROWS!r}))'
COUNT = """
import time
from mobilenet_perception.tools import terminal
terminal._PERIOD_S = 0
with terminal.Progress('frames played', 3) as progress:
    for count in range(4):
        progress(count)
        time.sleep(0.01)
    progress.end()
    print('a line of its own')
    progress(3)
print('the end')
"""
WITHOUT_RICH = 'import sys; sys.modules["rich"] = None\n'


def in_terminal(code: str, columns: int = 80, term: str = 'xterm') -> str:
    """Run Python in a terminal of so many columns, and return all that it shows."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack('HHHH', 24, columns, 0, 0))
    plain = {k: v for k, v in os.environ.items() if k not in ('COLUMNS', 'LINES', 'NO_COLOR')}
    with subprocess.Popen(
        [sys.executable, '-c', code], stdout=theirs, stderr=theirs, cwd=ROOT,
        env={**plain, 'TERM': term},
    ) as process:  # fmt: skip
        os.close(theirs)
        said = b''
        while True:
            try:
                said += os.read(ours, 65536)
            except OSError:  # the other side has closed it
                break
    os.close(ours)
    assert process.returncode == 0, said
    return said.decode().replace('\r\n', '\n')


def letters(said: str) -> list[str]:
    """Return the lines without what moves the cursor or colours."""
    return [line.rstrip() for line in re.sub(r'\033\[[0-9;?]*[A-Za-z]', '', said).splitlines()]


def test_table_sets_numbers_right() -> None:
    assert table([['name', 'n'], ['a', '1'], ['bb', '100']]) == 'name    n\na       1\nbb    100'


def test_a_table_in_a_pipe_is_plain_lines_that_nothing_cuts() -> None:
    done = subprocess.run(
        [sys.executable, '-c', TABLE], capture_output=True, text=True, cwd=ROOT, check=True,
        env={**os.environ, 'COLUMNS': '20', 'FORCE_COLOR': '1'},
    )  # fmt: skip
    assert done.stdout.splitlines() == [
        'name     n  what it says',
        'a        1  short',
        f'[red]  100  {"long " * 8}end',
    ]


def test_a_table_in_a_terminal_folds_between_words() -> None:
    assert letters(in_terminal(TABLE, 32)) == [
        'name     n  what it says',
        'a        1  short',
        '[red]  100  long long long long',
        '            long long long long',
        '            end',
    ]


@pytest.mark.parametrize(('code', 'columns'), [(TABLE, 16), (WITHOUT_RICH + TABLE, 32)])
def test_a_table_that_cannot_be_folded_is_as_in_a_pipe(code: str, columns: int) -> None:
    assert in_terminal(code, columns).splitlines()[2] == f'[red]  100  {"long " * 8}end'


def test_progress_shows_count_total_rate_and_time_and_leaves_nothing() -> None:
    said = in_terminal(COUNT)
    assert re.search(r'2 of 3 frames played .*\d/s .*0:00:0', said)
    # Each line is erased before the next words, and the cursor comes back.
    lines = said.splitlines()
    assert [line.rpartition('\033[2K')[2] for line in lines if 'own' in line or 'end' in line] == [
        'a line of its own', 'the end',
    ]  # fmt: skip
    assert said.rindex('\033[?25h') > said.rindex('\033[?25l')


@pytest.mark.parametrize(('code', 'term'), [(WITHOUT_RICH + COUNT, 'xterm'), (COUNT, 'dumb')])
def test_progress_is_a_plain_count_where_rich_cannot_draw(code: str, term: str) -> None:
    said = in_terminal(code, term=term)
    assert '\r2 of 3 frames played\r' in said
    assert said.endswith('\r\033[Kthe end\n')


def test_progress_is_silent_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress('frames played') as progress:
        progress(1)
    assert capsys.readouterr() == ('', '')


def test_progress_leaves_stdout_to_the_pipe() -> None:
    run = f'subprocess.check_output([sys.executable, "-c", {COUNT!r}])'
    code = f'import subprocess, sys; print({run})'
    assert "b'a line of its own\\nthe end\\n'" in in_terminal(code)
