# SPDX-License-Identifier: Apache-2.0
"""Faults on purpose: of the runtime, frames and regions, to see what the node makes of them."""

import math
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames.messages import ImageMessage, to_time
from mobilenet_perception.inference.runtimes.base import Runtime, Session
from mobilenet_perception.pipeline.timing import NS_PER_MS
from mobilenet_perception.recordings import SourceFrame


class Kind(NamedTuple):
    """A kind of fault.

    Attributes:
        meaning: what happens; `{}` stands for the value.
        default: value if none is given; None: it takes none.
        most: largest value; the smallest is 0.
    """

    meaning: str
    default: float | None
    most: float = 1.0


FAULTS = {
    'slow': Kind('runs take {} times as long', 3.0, 1000.0),
    'stall': Kind('each run hangs for {} ms', 200.0, 60_000.0),
    'raise': Kind('the runtime raises, for a share {} of the runs', 1.0),
    'nan': Kind('scores are NaN, for a share {} of the runs', 1.0),
    'shape': Kind('scores have the wrong shape, for a share {} of the runs', 1.0),
    'drop': Kind('a share {} of the frames never comes; 1: the camera is dead', 0.3),
    'skip': Kind('every {}th frame never comes', 10.0, 1e6),
    'late': Kind('frames come {} ms late', 40.0, 60_000.0),
    'duplicate': Kind('a share {} of the frames comes twice', 0.3),
    'reorder': Kind('a share {} of the frames comes after the next one', 0.3),
    'clock': Kind('capture stamps jump by {} ms; -: back', 5000.0, 1e9),
    'encoding': Kind('frames have an unknown encoding', None),
    'size': Kind('frames have half their rows', None),
    'regions_late': Kind('regions come {} ms late', 40.0, 60_000.0),
    'regions_lost': Kind('a share {} of the messages with regions never comes', 1.0),
    'regions_other': Kind('regions have the stamp of the frame before theirs', None),
}
REGION_FAULTS = tuple(kind for kind in FAULTS if kind.startswith('regions_'))
_FAULT = re.compile(r'([a-z_]+)(?:=(-?[\d.]+))?(?:@([\d.]+)-([\d.]*))?\Z')


class Fault(NamedTuple):
    """One fault.

    Attributes:
        kind: a name in `FAULTS`.
        value: how badly, in the unit of the kind.
        from_s: seconds of the recording at which it begins.
        to_s: seconds at which it ends; infinite: never.
    """

    kind: str
    value: float = 0.0
    from_s: float = 0.0
    to_s: float = math.inf

    def active(self, seconds: float) -> bool:
        """Tell whether it is on at a time of the recording."""
        return self.from_s <= seconds < self.to_s


def parse_fault(text: str) -> Fault:
    """Read `kind`, `kind=value` or `kind=value@from-to`, such as `slow=4@2-6`.

    Raises:
        PerceptionError: it says nothing of this.
    """
    found = _FAULT.match(text)
    if found is None:
        raise PerceptionError(
            f'{text!r} is no fault: write KIND, KIND=VALUE or KIND=VALUE@FROM-TO in seconds, '
            'such as slow=4@2-6'
        )
    name, value, start, end = found.groups()
    if name not in FAULTS:
        raise PerceptionError(f'there is no fault {name!r}: choose one of {", ".join(FAULTS)}')
    kind = FAULTS[name]
    if value is not None and kind.default is None:
        raise PerceptionError(f'the fault {name} takes no value: {kind.meaning}')
    try:
        fault = Fault(
            name,
            float(value) if value else kind.default or 0.0,
            float(start) if start else 0.0,
            float(end) if end else math.inf,
        )
    except ValueError as error:
        raise PerceptionError(f'{text!r} holds what is no number') from error
    least = -kind.most if name == 'clock' else 0.0
    if not least <= fault.value <= kind.most:
        raise PerceptionError(
            f'{name}={fault.value:g} is not possible: give {least:g} to {kind.most:g}'
        )
    if not fault.from_s < fault.to_s:
        raise PerceptionError(f'{text!r} ends before it begins')
    return fault


# Regions as a source has them: with `camera`, `stamp_ns`, `log_ns` and `header`.
_Regions = TypeVar('_Regions')
# Gives the faults that are on, by kind.
Active = Callable[[], dict[str, Fault]]


class Faults:
    """Puts faults into a runtime, frames and regions; the same seed gives the same ones.

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

    def regions(self, regions: Iterable[_Regions]) -> Iterator[_Regions]:
        """Yield the regions with their faults."""
        return faulty_regions(regions, self.active, np.random.default_rng((self._seed, 2)))

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
    held: list[SourceFrame] = []
    counts: Counter[str] = Counter()

    for frame, faults in _with_faults(frames, active):

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


def faulty_regions(
    regions: Iterable[_Regions],
    active: Callable[[float], dict[str, Fault]],
    random: np.random.Generator,
) -> Iterator[_Regions]:
    """Yield regions with the faults that are on as each was recorded.

    Args:
        regions: in the order of recording.
        active: gives the faults that are on at a second of the recording, by kind.
        random: decides by chance, where a share of the messages is concerned.
    """
    before_ns: dict[str, int] = {}
    for given, faults in _with_faults(regions, active):
        other_ns = before_ns.get(given.camera, given.stamp_ns)
        before_ns[given.camera] = given.stamp_ns
        if 'regions_lost' in faults and random.random() < faults['regions_lost'].value:
            continue
        changed: dict[str, Any] = {}
        if 'regions_late' in faults:
            changed['log_ns'] = given.log_ns + round(faults['regions_late'].value * NS_PER_MS)
        if 'regions_other' in faults:
            header = given.header._replace(stamp=to_time(other_ns))
            changed |= {'stamp_ns': other_ns, 'header': header}
            # What was serialised is no longer what is sent.
            changed |= {'cdr': None} if hasattr(given, 'cdr') else {}
        yield given._replace(**changed)


def _with_faults(
    items: Iterable[Any], active: Callable[[float], dict[str, Fault]]
) -> Iterator[tuple[Any, dict[str, Fault]]]:
    """Yield each item with the faults that are on as it was recorded."""
    first_ns: int | None = None
    for item in items:
        first_ns = item.log_ns if first_ns is None else first_ns
        yield item, active((item.log_ns - first_ns) / 1e9)


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
