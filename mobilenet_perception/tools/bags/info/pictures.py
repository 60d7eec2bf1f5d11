# SPDX-License-Identifier: Apache-2.0
"""What the frames of one camera look like: encodings, sizes, and which the node would reject."""

from collections import Counter
from typing import Any

from mobilenet_perception.errors import FrameError
from mobilenet_perception.frames import decode
from mobilenet_perception.tools.bags.reason_counter import ReasonCounter


class Pictures:
    """What frames have looked like so far.

    Attributes:
        encodings: frames by encoding, or by the format of compressed ones, as messages have it.
        sizes: frames by size; of compressed ones only those decoded.
        changes: how often the size changed from one frame to the next.
        decoded: frames decoded.
        rejected: why the node would reject frames of these.
    """

    def __init__(self) -> None:
        self.encodings: Counter[str] = Counter()
        self.sizes: Counter[str] = Counter()
        self.changes = 0
        self.decoded = 0
        self.rejected = ReasonCounter()
        self._size = ''

    def see(self, message: Any, look: bool) -> None:
        """Take in a message; one that looks like none before is decoded in any case.

        Args:
            message: shaped like sensor_msgs/Image or CompressedImage, of ROS or not.
            look: decode it.
        """
        if hasattr(message, 'encoding'):
            encoding = message.encoding
            size = f'{message.width}x{message.height}' if message.width else ''
        else:
            encoding, size = message.format, ''
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
