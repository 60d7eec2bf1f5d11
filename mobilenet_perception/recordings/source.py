# SPDX-License-Identifier: Apache-2.0
"""A source of frames: its cameras, and its frames with what is known about them.

Prefetching of a source in a thread, so that drawing or decoding does not disturb its pace.
"""

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple, TypeVar

from mobilenet_perception.frames import RegionOfInterest
from mobilenet_perception.frames.messages import Message

# Sources that bring no time of their own start here (2026-01-01 00:00 UTC), so that the same
# command writes the same bag; zero would read as "no stamp".
EPOCH_NS = 1_767_225_600 * 10**9


class SourceFrame(NamedTuple):
    """One frame of one camera, with what is known about it.

    Attributes:
        camera: name of the camera.
        stamp_ns: capture stamp, in nanoseconds.
        log_ns: when it was recorded or is due; what playing at recorded pace follows.
        message: the frame as a camera driver would publish it.
        truth: the label it shows, None: not known (or nothing to see).
        clear: it shows its signal clearly, so that it counts for accuracy.
        roi: where to look, in pixels; None: the whole frame.
        cdr: the serialised message as recorded, None where there is none.
    """

    camera: str
    stamp_ns: int
    log_ns: int
    message: Message
    truth: str | None = None
    clear: bool = False
    roi: RegionOfInterest | None = None
    cdr: bytes | None = None


class SourceCamera(NamedTuple):
    """A camera of a source: its name, and the topic and transport it publishes on."""

    name: str
    topic: str
    compressed: bool


class Source(NamedTuple):
    """Frames, and the cameras that they come from; `frames` can be gone through once."""

    name: str
    cameras: tuple[SourceCamera, ...]
    frames: Iterator[SourceFrame]


def camera_topic(camera: str, compressed: bool) -> str:
    """Return the topic on which a camera publishes, as image_transport names it."""
    return f'/{camera}/image_raw' + ('/compressed' if compressed else '')


def camera_of(topic: str) -> str:
    """Name a camera after its topic: `/front/image_raw/compressed` is `front`."""
    name = topic.removesuffix('/compressed').strip('/')
    name = name.removesuffix('/image_raw').removesuffix('/image') or name
    cleaned = ''.join(letter if letter.isalnum() else '_' for letter in name)
    return cleaned if cleaned[0].isalpha() else f'camera_{cleaned}'


_T = TypeVar('_T')


class _Failed(Exception):  # noqa: N818 (it carries an error, it is none)
    """Carries an error from the thread to the reader."""


@contextmanager
def prefetch(items: Iterator[_T], depth: int) -> Iterator[Iterator[_T]]:
    """Give the items of an iterator, up to `depth` of them made in advance by a thread.

    The first item comes when `depth` are ready, so that a slow start delays none after it. An
    error of the iterator is raised where its item would have come.
    """
    ready: queue.Queue[_T | _Failed | None] = queue.Queue(depth)
    ended = threading.Event()
    filled = threading.Event()

    def put(item: _T | _Failed | None) -> bool:
        while not ended.is_set():
            try:
                ready.put(item, timeout=0.1)
            except queue.Full:
                filled.set()
                continue
            if ready.full():
                filled.set()
            return True
        return False

    def work() -> None:
        try:
            for item in items:
                if not put(item):
                    return
            put(None)
            filled.set()
        except BaseException as error:
            put(_Failed(error))
            filled.set()

    def read() -> Iterator[_T]:
        filled.wait()
        while True:
            item = ready.get()
            if item is None:
                return
            if isinstance(item, _Failed):
                raise item.args[0]
            yield item

    thread = threading.Thread(target=work, name='prefetch', daemon=True)
    thread.start()
    try:
        yield read()
    finally:
        ended.set()
        thread.join()
