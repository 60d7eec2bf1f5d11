# SPDX-License-Identifier: Apache-2.0
"""Faults of one replay: a runtime that fails on purpose, frames that get lost, late or broken."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from mobilenet_perception.frames.messages import ImageMessage, to_time
from mobilenet_perception.inference.runtimes.base import Runtime, Session
from mobilenet_perception.pipeline.clock import NS_PER_MS
from mobilenet_perception.recordings import SourceFrame
from mobilenet_perception.tools.replay.faults.fault import Fault

# Gives the faults that are on, by kind.
Active = Callable[[], dict[str, Fault]]


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


def faulty_frames(
    frames: Iterable[SourceFrame],
    active: Callable[[float], dict[str, Fault]],
    random: np.random.Generator,
) -> Iterator[SourceFrame]:
    """Yield frames with the faults that are on as each was recorded.

    Args:
        frames: in the order of recording.
        active: gives the faults that are on at a second of the recording, by kind.
        random: decides by chance, where a share of the frames is concerned.
    """
    first_ns: int | None = None
    held: list[SourceFrame] = []
    counts: Counter[str] = Counter()

    for frame in frames:
        first_ns = frame.log_ns if first_ns is None else first_ns
        faults = active((frame.log_ns - first_ns) / 1e9)

        def happens(kind: str, faults: dict[str, Fault] = faults) -> bool:
            return kind in faults and bool(random.random() < faults[kind].value)

        counts[frame.camera] += 1
        if happens('drop') or _is_skipped(counts[frame.camera], faults.get('skip')):
            continue
        changed = _changed(frame, faults)
        if not held and happens('reorder'):
            held.append(changed)
            continue
        yield changed
        if happens('duplicate'):
            yield changed
        if held:
            # No earlier than what overtook it: a camera's frames come in the order of receipt.
            late = held.pop()
            yield late._replace(log_ns=max(late.log_ns, changed.log_ns))
    yield from held


def _is_skipped(number: int, fault: Fault | None) -> bool:
    return fault is not None and fault.value >= 1 and number % round(fault.value) == 0


def _changed(frame: SourceFrame, faults: dict[str, Fault]) -> SourceFrame:
    message = frame.message
    if 'late' in faults:
        frame = frame._replace(log_ns=frame.log_ns + round(faults['late'].value * NS_PER_MS))
    if 'clock' in faults:
        stamp_ns = max(0, frame.stamp_ns + round(faults['clock'].value * NS_PER_MS))
        header = message.header._replace(stamp=to_time(stamp_ns))
        frame, message = frame._replace(stamp_ns=stamp_ns), message._replace(header=header)
    if isinstance(message, ImageMessage):
        if 'encoding' in faults:
            message = message._replace(encoding='unheard_of')
        if 'size' in faults:
            rows = max(1, message.height // 2)
            message = message._replace(height=rows, data=message.data[: rows * message.step])
    elif 'encoding' in faults:
        message = message._replace(format='unheard of', data=message.data[:0])
    elif 'size' in faults:
        message = message._replace(data=message.data[: len(message.data) // 2])
    # What was serialised is no longer what is sent.
    return frame if message is frame.message else frame._replace(message=message, cdr=None)
