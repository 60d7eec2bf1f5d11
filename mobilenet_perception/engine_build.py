# SPDX-License-Identifier: Apache-2.0
"""Engines are built in a process of its own, while another runtime serves."""

import os
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from mobilenet_perception.child_process import Child
from mobilenet_perception.errors import PerceptionError

_GLANCE_S = 0.2


class EngineBuild:
    """`python -m mobilenet_perception build ... --background`, watched by a thread.

    What it has built is in the cache of engines, whatever becomes of the rest: another build goes
    on from there.

    Args:
        arguments: of `python -m mobilenet_perception`.
        limit_s: the longest it may take, in seconds.
        on_end: called once by the watching thread with the reason of failure, empty when all was
            built; not called after `stop`.
    """

    def __init__(
        self, arguments: Sequence[str], limit_s: float, on_end: Callable[[str], None]
    ) -> None:
        self._arguments = list(arguments)
        self._limit_s = limit_s
        self._on_end = on_end
        self._stopped = threading.Event()
        self._progress = 'starting'
        self._thread = threading.Thread(target=self._watch, name='engine-build', daemon=True)
        self._thread.start()

    @property
    def progress(self) -> str:
        """What is being built, in words."""
        return self._progress

    def stop(self) -> None:
        """End it, and wait until it has ended."""
        self._stopped.set()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _watch(self) -> None:
        try:
            self._run()
        except (PerceptionError, OSError) as error:
            reason = str(error)
        else:
            reason = ''
        if not self._stopped.is_set():
            self._on_end(reason)

    def _run(self) -> None:
        end = time.monotonic() + self._limit_s
        with (
            tempfile.TemporaryDirectory(prefix='engine-build-') as scratch,
            Child(
                'mobilenet_perception', self._arguments, os.environ, Path(scratch) / 'log'
            ) as child,
        ):
            while child.process.poll() is None and not self._stopped.wait(_GLANCE_S):
                self._progress = child.last_said() or self._progress
                if time.monotonic() > end:
                    raise PerceptionError(
                        f'the engines were not built within {self._limit_s:g} s: build them '
                        'beforehand with `python -m mobilenet_perception build`, or raise '
                        'engine_build_limit_s'
                    )
            if self._stopped.is_set():
                # Nothing is lost by it, and the node must not wait for a compiler.
                child.process.kill()
            else:
                child.check()
