# SPDX-License-Identifier: Apache-2.0
"""A source of frames: its cameras, and its frames with what is known about them."""

import sys
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from mobilenet_perception.frames import Frame, RegionOfInterest, decode
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
        significant_bits: of its 16-bit samples, 8 to 16; 0: all.
    """

    camera: str
    stamp_ns: int
    log_ns: int
    message: Message
    truth: str | None = None
    clear: bool = False
    roi: RegionOfInterest | None = None
    cdr: bytes | None = None
    significant_bits: int = 0

    def decode(self) -> Frame:
        """Return its pixels, at full scale.

        Raises:
            FrameError: the message is malformed, too large, or of an unsupported format.
        """
        return decode(self.message, significant_bits=self.significant_bits)


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


@cache
def warn(words: str) -> None:
    """Say something of a source on stderr, once in a process, however often it is read."""
    print(f'warning: {words}', file=sys.stderr, flush=True)
