# SPDX-License-Identifier: Apache-2.0
"""The faults of one replay: what is on, at which second of the recording."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from mobilenet_perception.inference.runtimes.base import Runtime
from mobilenet_perception.recordings import SourceFrame
from mobilenet_perception.tools.replay.faults.fault import Fault
from mobilenet_perception.tools.replay.faults.faulty_frames import faulty_frames
from mobilenet_perception.tools.replay.faults.faulty_runtime import FaultyRuntime


class Faults:
    """Puts faults into a runtime and into frames; the same seed gives the same ones.

    Before the first frame nothing fails, so that bundles prove themselves and are profiled.

    Args:
        faults: what goes wrong.
        seed: of what happens by chance.
    """

    def __init__(self, faults: Sequence[Fault], seed: int = 0) -> None:
        self._faults = tuple(faults)
        self._seed = seed
        self._seconds: float | None = None

    def runtime(self, runtime: Runtime) -> Runtime:
        """Return the runtime with its faults."""
        random = np.random.default_rng((self._seed, 0))
        return FaultyRuntime(runtime, self._active_now, random) if self._faults else runtime

    def frames(self, frames: Iterable[SourceFrame]) -> Iterator[SourceFrame]:
        """Yield the frames with their faults."""
        return faulty_frames(frames, self.active, np.random.default_rng((self._seed, 1)))

    def reach(self, seconds: float) -> None:
        """Tell at which second of the recording the replay is."""
        self._seconds = seconds

    def active(self, seconds: float) -> dict[str, Fault]:
        """Return the faults that are on at a second of the recording, by kind."""
        return {fault.kind: fault for fault in self._faults if fault.active(seconds)}

    def _active_now(self) -> dict[str, Fault]:
        return {} if self._seconds is None else self.active(self._seconds)
