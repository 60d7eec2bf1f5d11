# SPDX-License-Identifier: Apache-2.0
"""What the messages of one camera topic have shown so far, in little memory."""

from array import array
from collections import Counter
from typing import NamedTuple

import numpy as np

from mobilenet_perception.bag_info.rate import Rate, rate_of
from mobilenet_perception.bag_info.stamps import Stamps, stamps_of
from mobilenet_perception.bags.messages import camera_of, deserialize
from mobilenet_perception.bags.reader import COMPRESSED, Recorded
from mobilenet_perception.camera_messages import CompressedImageMessage, to_nanoseconds
from mobilenet_perception.errors import FrameError
from mobilenet_perception.frames import decode
from mobilenet_perception.parameters import NODE_PARAMETERS
from mobilenet_perception.sentences import Tally

# As many frames of a file are decoded to see whether the node would reject them.
SAMPLE = 50


class Figures(NamedTuple):
    """What there is to say of a camera topic.

    Attributes:
        messages: frames read.
        mean_bytes: size of a frame's data.
        rate: None: fewer than two frames.
        stamps: None: no frame.
    """

    messages: int
    mean_bytes: float
    rate: Rate | None
    stamps: Stamps | None


class CameraTopic:
    """One camera topic of a recording.

    Attributes:
        topic: its name.
        camera: the name that the camera has in replays, after the topic.
        transport: `raw` or `compressed`, as the node's `image_transport`.
        encodings: frames by encoding, or by the format of compressed ones, as messages have it.
        sizes: frames by size; of compressed ones only those decoded.
        changes: how often the size changed from one frame to the next.
        decoded: frames decoded.
        rejected: why the node would reject frames of these.
        stamps_ns: capture stamps, in nanoseconds, as recorded.
    """

    def __init__(self, topic: str, message_type: str) -> None:
        self.topic = topic
        self.camera = camera_of(topic)
        self.transport = 'compressed' if message_type == COMPRESSED else 'raw'
        self.encodings: Counter[str] = Counter()
        self.sizes: Counter[str] = Counter()
        self.changes = 0
        self.decoded = 0
        self.rejected = Tally()
        self.stamps_ns = array('q')
        self._times_ns = array('q')
        self._bytes = 0
        self._size = ''

    def add(self, recorded: Recorded, look: bool) -> None:
        """Take in a message; one that looks like none before is decoded in any case.

        Args:
            recorded: the message.
            look: decode it.
        """
        message = deserialize(recorded)
        self.stamps_ns.append(to_nanoseconds(message.header.stamp))
        self._times_ns.append(recorded.log_ns)
        self._bytes += len(message.data)
        if isinstance(message, CompressedImageMessage):
            encoding, size = message.format, ''
        else:
            encoding = message.encoding
            size = f'{message.width}x{message.height}' if message.width else ''
        look = look or encoding not in self.encodings or bool(size and size not in self.sizes)
        self.encodings[encoding] += 1
        if look:
            self.decoded += 1
            try:
                frame = decode(message)
                size = f'{frame.width}x{frame.height}'
            except FrameError as error:
                self.rejected.add(str(error))
        if size:
            self.changes += bool(self._size and size != self._size)
            self._size = size
            self.sizes[size] += 1

    def figures(self, start_ns: int) -> Figures:
        """Return what came out, for a recording that starts at `start_ns`."""
        count = len(self.stamps_ns)
        if not count:
            return Figures(0, 0.0, None, None)
        times = np.array(self._times_ns, np.int64)
        return Figures(
            messages=count,
            mean_bytes=self._bytes / count,
            rate=rate_of(times, start_ns, default('decision_timeout_ms')),
            stamps=stamps_of(
                np.array(self.stamps_ns, np.int64),
                times,
                default('latency_budget_ms'),
                default('max_clock_skew_ms'),
            ),
        )


def default(parameter: str) -> float:
    """Return the default of a parameter of the node."""
    return float(NODE_PARAMETERS[parameter].default)
