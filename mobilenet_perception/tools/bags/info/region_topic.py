# SPDX-License-Identifier: Apache-2.0
"""One topic of regions of a recording, as a scan takes it in."""

from array import array
from collections.abc import Iterable

from mobilenet_perception.frames.messages import to_nanoseconds
from mobilenet_perception.pipeline.regions import RegionRules
from mobilenet_perception.recordings.cdr import RecordedMessage, deserialize_boxes
from mobilenet_perception.tools.region_tally import RegionTally


class RegionTopic:
    """One topic of regions.

    Attributes:
        topic: its name.
        unreadable: messages that cannot be read.
        stamps_ns: of their images, in nanoseconds, as recorded.
        times_ns: when they were recorded.
    """

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self.unreadable = 0
        self._tally = RegionTally(RegionRules())
        self.stamps_ns = array('q')
        self.times_ns = array('q')

    def add(self, recorded: RecordedMessage) -> None:
        """Take in a message."""
        found = deserialize_boxes(recorded)
        if found is None:
            self.unreadable += 1
            return
        header, boxes = found
        self.stamps_ns.append(to_nanoseconds(header.stamp))
        self.times_ns.append(recorded.log_ns)
        self._tally.add(self.stamps_ns[-1], boxes)

    def beside(self, frames_ns: Iterable[int]) -> RegionTally:
        """Return them beside the frames of their camera, given by their stamps; once."""
        for stamp_ns in frames_ns:
            self._tally.add_frame(stamp_ns)
        return self._tally
