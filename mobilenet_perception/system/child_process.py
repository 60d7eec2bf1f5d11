# SPDX-License-Identifier: Apache-2.0
"""Processes that a tool starts, and ends by their own ids."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from mobilenet_perception.errors import PerceptionError

_PATIENCE_S = 8.0


class Child:
    """`python -m MODULE ARGUMENTS` as a process; what it says on stderr goes to a file.

    It is in a session of its own: a Ctrl-C in the terminal reaches only its parent, which ends
    it in order.
    """

    def __init__(
        self, module: str, arguments: Sequence[str], environment: Mapping[str, str], log: Path
    ) -> None:
        self._module = module
        self._log = log
        with log.open('wb') as errors:
            self.process = subprocess.Popen(
                [sys.executable, '-m', module, *arguments],
                env=dict(environment),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )
        assert self.process.stdout is not None and self.process.stdin is not None
        self._input, self._output = self.process.stdin, self.process.stdout
        os.set_blocking(self._output.fileno(), False)
        self._said = b''

    def __enter__(self) -> 'Child':
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it."""
        self.stop()

    def check(self) -> None:
        """Raise PerceptionError, with its last words, if it has ended in failure."""
        status = self.process.poll()
        if status:
            name = self._module.rpartition('.')[2]
            raise PerceptionError(f'{name} ended with status {status}: {self.last_words()}')

    def has_said(self, word: str) -> bool:
        """Say whether it has written a line of this one word on stdout."""
        return word in self._lines()

    def last_said(self) -> str:
        """Return the last whole line that it has written on stdout; empty: none yet."""
        return next((line for line in reversed(self._lines()[:-1]) if line), '')

    def signal_go(self) -> None:
        """Write a line to its stdin."""
        with suppress(BrokenPipeError):
            self._input.write(b'go\n')
            self._input.flush()

    def last_words(self) -> str:
        """Return the last error that it logged."""
        lines = self._log.read_text(encoding='utf-8', errors='replace').split('\n')
        said = [line.strip() for line in lines if line.strip()]
        told = [line for line in said if 'FATAL' in line or line.startswith('error:')]
        words = (told or said or ['it said nothing'])[-1]
        # rclpy's log lines: [FATAL] [time] [node]: words
        return words.rpartition(']: ')[2].removeprefix('error: ')

    def _lines(self) -> list[str]:
        self._said += self._output.read() or b''
        return self._said.decode(errors='replace').split('\n')

    def stop(self) -> None:
        """Interrupt it, and if that does not help, kill it."""
        for end in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            if self.process.poll() is not None:
                break
            self.process.send_signal(end)
            try:
                self.process.wait(_PATIENCE_S)
            except subprocess.TimeoutExpired:
                continue
        for pipe in (self._input, self._output):
            pipe.close()
