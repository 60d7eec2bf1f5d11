# SPDX-License-Identifier: Apache-2.0
"""The switch of runtimes: one serves until engines of another are built, which then takes over.

The engines are built in a process of their own.
"""

import os
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.inference.bundle import Bundle
from mobilenet_perception.inference.classifier import Classifier
from mobilenet_perception.pipeline.pipeline import Pipeline
from mobilenet_perception.system.child_process import Child

# Between looks at the process that builds.
_POLL_S = 0.2


class BuildOrder(NamedTuple):
    """What is to be built, and what is then to serve.

    Attributes:
        arguments: of `python -m mobilenet_perception`, to build it.
        limit_s: the longest that it may take, in seconds.
        load: makes the classifier that takes over; called once everything is built.
    """

    arguments: Sequence[str]
    limit_s: float
    load: Callable[[], Classifier]


def build_order(
    values: Mapping[str, Any], bundle: Bundle, load: Callable[[], Classifier]
) -> BuildOrder:
    """Return the order to build a bundle's engines as the node's parameters say."""
    arguments = ['build', str(bundle.folder), '--background']
    arguments += [f'--device={values["device"]}', f'--dla-core={values["dla_core"]}']
    return BuildOrder(arguments, values['engine_build_limit_s'], load)


class RuntimeSwitch:
    """Builds, loads and exchanges the classifier of a running pipeline, in a thread of its own.

    Args:
        pipeline: serves meanwhile, and afterwards.
        order: what to build and load.
        on_end: called with the classifier that has taken over, or with the reason why none has.
    """

    def __init__(
        self, pipeline: Pipeline, order: BuildOrder, on_end: Callable[[Classifier | str], None]
    ) -> None:
        self._pipeline = pipeline
        self._load = order.load
        self._on_end = on_end
        self._failure = ''
        self._done = False
        self._build = EngineBuild(order.arguments, order.limit_s, self._built)

    @property
    def trouble(self) -> str:
        """What keeps the pipeline on the runtime that it started with; empty: nothing does."""
        if self._done:
            return ''
        if self._failure:
            return f'engines are not in use: {self._failure}'
        return (
            f'engines are being built ({self._build.progress}): serving on '
            f'{self._pipeline.runtime.name} meanwhile'
        )

    def stop(self) -> None:
        """End the build, if one is under way; what it has built is kept."""
        self._build.stop()

    def _built(self, failure: str) -> None:
        end: Classifier | str
        try:
            if failure:
                raise PerceptionError(failure)
            end = self._load()
            self._pipeline.set_classifier(end)
            self._done = True
        except PerceptionError as error:
            end = self._failure = str(error)
        except Exception as error:
            # Whatever a driver raises: this thread must not end without a word.
            end = self._failure = f'{type(error).__name__}: {error}'
        self._on_end(end)


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
            while child.process.poll() is None and not self._stopped.wait(_POLL_S):
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
