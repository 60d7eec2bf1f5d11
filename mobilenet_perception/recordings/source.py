# SPDX-License-Identifier: Apache-2.0
"""A source of frames: its cameras, its frames and their regions, with what is known about them."""

import sys
from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

from mobilenet_perception.frames import Frame, RegionOfInterest, decode
from mobilenet_perception.frames.boxes import Box
from mobilenet_perception.frames.messages import Header, Message
from mobilenet_perception.recordings.labels import ThingLabels

# Sources that bring no time of their own start here (2026-01-01 00:00 UTC), so that the same
# command writes the same bag; zero would read as "no stamp".
EPOCH_NS = 1_767_225_600 * 10**9
# Regions are of no frame that was recorded longer before or after.
_NEAR_NS = 10**9


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


class SourceRegions(NamedTuple):
    """The boxes of one message about where to look in a camera's image.

    Attributes:
        camera: name of the camera.
        header: of the image that they were found in.
        stamp_ns: its stamp, in nanoseconds.
        log_ns: when they were recorded.
        boxes: as they came.
        cdr: the serialised message as recorded, None where there is none.
    """

    camera: str
    header: Header
    stamp_ns: int
    log_ns: int
    boxes: tuple[Box, ...]
    cdr: bytes | None = None


class SourceCamera(NamedTuple):
    """A camera of a source.

    Attributes:
        name: its own.
        topic: of its images.
        compressed: whether they are.
        regions: topic of where to look in them; empty: in the whole.
    """

    name: str
    topic: str
    compressed: bool
    regions: str = ''


class Source(NamedTuple):
    """Frames, and the cameras that they come from.

    Attributes:
        name: of the source.
        cameras: in the order of their names.
        frames: in the order of recording; they can be gone through once.
        regions: of the cameras that have some, likewise.
        things: what is known of what the regions name, by camera.
    """

    name: str
    cameras: tuple[SourceCamera, ...]
    frames: Iterator[SourceFrame]
    regions: Iterator[SourceRegions] = iter(())
    things: Mapping[str, ThingLabels] = MappingProxyType({})

    def items(self) -> Iterator[SourceFrame | SourceRegions]:
        """Yield frames and regions in the order of recording, in place of each by themselves.

        Regions that were recorded when there was no frame for a second are left out, and after
        the last frame those of later ones.
        """
        regions = self.regions
        following, last_ns = next(regions, None), -_NEAR_NS
        stamps_ns: dict[str, int] = {}
        for frame in self.frames:
            while following and following.log_ns <= frame.log_ns:
                if following.log_ns - last_ns <= _NEAR_NS or (
                    frame.log_ns - following.log_ns <= _NEAR_NS
                ):
                    yield following
                following = next(regions, None)
            yield frame
            last_ns = frame.log_ns
            stamps_ns[frame.camera] = max(frame.stamp_ns, stamps_ns.get(frame.camera, 0))
        while following and following.log_ns - last_ns <= _NEAR_NS:
            if following.stamp_ns <= stamps_ns.get(following.camera, 0):
                yield following
            following = next(regions, None)


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
