# SPDX-License-Identifier: Apache-2.0
"""Frames that get lost, come late, twice, in the wrong order, or broken."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from mobilenet_perception.frames.messages import ImageMessage, to_time
from mobilenet_perception.pipeline.timing import NS_PER_MS
from mobilenet_perception.recordings import SourceFrame
from mobilenet_perception.tools.replay.faults.fault import Fault


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
