# SPDX-License-Identifier: Apache-2.0
"""What the messages of one camera topic have shown so far, in little memory."""

from array import array
from typing import NamedTuple

import numpy as np

from mobilenet_perception.frames.messages import to_nanoseconds
from mobilenet_perception.pipeline.parameters import NODE_PARAMETERS
from mobilenet_perception.recordings.cdr import COMPRESSED, RecordedMessage, deserialize
from mobilenet_perception.recordings.source import camera_of
from mobilenet_perception.tools.bags.info.pictures import Pictures
from mobilenet_perception.tools.bags.info.times import Rate, Stamps, rate_of, stamps_of

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


class CameraTopic(Pictures):
    """One camera topic of a recording.

    Attributes:
        topic: its name.
        camera: the name that the camera has in replays, after the topic.
        transport: `raw` or `compressed`, as the node's `image_transport`.
        stamps_ns: capture stamps, in nanoseconds, as recorded.
    """

    def __init__(self, topic: str, message_type: str) -> None:
        super().__init__()
        self.topic = topic
        self.camera = camera_of(topic)
        self.transport = 'compressed' if message_type == COMPRESSED else 'raw'
        self.stamps_ns = array('q')
        self._times_ns = array('q')
        self._bytes = 0

    def add(self, recorded: RecordedMessage, look: bool) -> None:
        """Take in a message.

        Args:
            recorded: the message.
            look: decode it.
        """
        message = deserialize(recorded)
        self.stamps_ns.append(to_nanoseconds(message.header.stamp))
        self._times_ns.append(recorded.log_ns)
        self._bytes += len(message.data)
        self.see(message, look)

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
