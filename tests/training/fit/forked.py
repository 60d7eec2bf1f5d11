# SPDX-License-Identifier: Apache-2.0
"""Trainings in processes of their own, forked from one that has imported TensorFlow for them all.

A process that has begun to use TensorFlow cannot be forked; the one that only imports can.
"""

import multiprocessing
import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

_CONTEXT = multiprocessing.get_context('forkserver')
_CONTEXT.set_forkserver_preload(['tensorflow', 'keras', 'training.fit.fitting'])


class Ended(NamedTuple):
    """How a process ended.

    Attributes:
        code: its exit status; the negative of a signal.
        said: the end of what it wrote to stderr.
    """

    code: int | None
    said: str


def run_forked(scratch: Path, work: Callable[..., None], *arguments: object) -> Ended:
    """Run a function of a module in a process of its own, and wait for its end."""
    errors = scratch / 'stderr.txt'
    process = _CONTEXT.Process(target=_begin, args=(errors, work, arguments))
    process.start()
    process.join()
    return Ended(process.exitcode, errors.read_text()[-2000:] if errors.exists() else '')


def _begin(errors: Path, work: Callable[..., None], arguments: tuple[object, ...]) -> None:
    with errors.open('w') as file:
        os.dup2(file.fileno(), 2)
    work(*arguments)
