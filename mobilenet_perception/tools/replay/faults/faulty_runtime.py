# SPDX-License-Identifier: Apache-2.0
"""A runtime that fails on purpose, around a real one."""

import threading
import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from mobilenet_perception.inference.runtimes.base import Runtime, Session
from mobilenet_perception.tools.replay.faults.fault import Fault

# Value of a fault that is on, by kind.
Active = Callable[[], dict[str, Fault]]


class FaultyRuntime:
    """Loads models of another runtime; their sessions have the faults that are on.

    Args:
        runtime: the real one.
        active: gives the faults that are on, by kind.
        random: decides by chance, where a share of the runs fails.
    """

    def __init__(self, runtime: Runtime, active: Active, random: np.random.Generator) -> None:
        self.name = runtime.name
        self.version = runtime.version
        self._runtime = runtime
        self._active = active
        self._random = random

    def load(self, model: bytes, name: str) -> Session:
        """Load a model; see `Runtime.load`."""
        return FaultySession(self._runtime.load(model, name), self._active, self._random)


class FaultySession:
    """A session with faults; see `Session`."""

    def __init__(self, session: Session, active: Active, random: np.random.Generator) -> None:
        self.height = session.height
        self.width = session.width
        self.classes = session.classes
        self.largest_batch = session.largest_batch
        self._session = session
        self._active = active
        self._random = random
        self._stopped = threading.Event()

    def run(self, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Classify one image, or fail at it; see `Session.run`."""
        scores: npt.NDArray[np.float32] = self.run_batch(image[np.newaxis])[0]
        return scores

    def run_batch(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Classify several images, or fail at it; see `Session.run_batch`."""
        active = self._active()
        self._stopped.clear()
        start = time.perf_counter()
        if 'stall' in active:
            self._wait(active['stall'].value / 1e3)
        scores = self._session.run_batch(images)
        if 'slow' in active:
            self._wait((active['slow'].value - 1) * (time.perf_counter() - start))
        if self._happens(active, 'raise'):
            raise RuntimeError('this run fails on purpose')
        if self._happens(active, 'nan'):
            return np.full_like(scores, np.nan)
        if self._happens(active, 'shape'):
            return scores[:, :-1]
        return scores

    def stop(self) -> None:
        """Stop the run under way; see `Session.stop`."""
        self._stopped.set()
        self._session.stop()

    def _wait(self, seconds: float) -> None:
        if seconds > 0 and self._stopped.wait(seconds):
            raise RuntimeError('the run was stopped')

    def _happens(self, active: dict[str, Fault], kind: str) -> bool:
        return kind in active and bool(self._random.random() < active[kind].value)
