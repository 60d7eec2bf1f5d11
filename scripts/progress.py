# SPDX-License-Identifier: Apache-2.0
"""Run a long command, its words in a log, and show that it goes on."""

import contextlib
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TextIO

# Seconds between two signs of life, on a terminal and in a log.
_EVERY_S = {True: 1.0, False: 15.0}


class Progress:
    """A line that is written over on a terminal, and one line now and then in a log."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._terminal = stream.isatty()
        self._shown_at = float('-inf')

    def show(self, text: str, now: float, last: bool = False) -> None:
        """Show how far it is; in between two showings, say nothing.

        Args:
            text: the line.
            now: time in seconds.
            last: the step is over: show it in any case, and keep the line.
        """
        if not last and now - self._shown_at < _EVERY_S[self._terminal]:
            return
        self._shown_at = now
        if self._terminal:
            self._stream.write(f'\r\033[K{text}' + ('\n' if last else ''))
        else:
            self._stream.write(f'{text}\n')
        self._stream.flush()


def run_with_progress(
    command: Sequence[str],
    label: str,
    log: Path,
    *,
    environment: Mapping[str, str],
    folder: Path,
    progress: Progress,
) -> int:
    """Run a command to its end; returns its exit status. Interrupted, it ends the command first.

    Args:
        command: the command, of which pip's packages are counted.
        label: what it is, for the line of progress.
        log: file that its output is added to.
        environment: its environment.
        folder: its working directory.
        progress: where to show it.
    """
    began = time.monotonic()
    with log.open('a') as output:
        start = output.tell()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            env=dict(environment), cwd=folder,
        )  # fmt: skip
        try:
            while True:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=0.5)
                now = time.monotonic()
                ended = process.returncode is not None
                line = f'{label}: {now - began:.0f} s{_packages(log, start)}'
                progress.show(line, now, last=ended)
                if ended:
                    return process.returncode
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()


def _packages(log: Path, start: int) -> str:
    with log.open(errors='replace') as stream:
        stream.seek(start)
        text = stream.read()
    found = text.count('Collecting ')
    if not found:
        return ''
    return f', {found} packages' + (' to install' if 'Installing collected' not in text else '')
