# SPDX-License-Identifier: Apache-2.0
"""Scan of a recording, once, file by file: its camera topics and regions, in little memory.

Frames are judged by the node's own rules: which it would reject, which stamps it would believe.
"""

from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mobilenet_perception.errors import FrameError, PerceptionError
from mobilenet_perception.frames import decode
from mobilenet_perception.frames.messages import to_nanoseconds
from mobilenet_perception.pipeline.arrivals import missing_share
from mobilenet_perception.pipeline.input_trouble import stamp_trouble
from mobilenet_perception.pipeline.parameters import NODE_PARAMETERS
from mobilenet_perception.pipeline.picture_watch import PictureWatch
from mobilenet_perception.pipeline.timing import NS_PER_MS
from mobilenet_perception.recordings import find_files
from mobilenet_perception.recordings.cdr import (
    COMPRESSED,
    DETECTIONS,
    IMAGE,
    RecordedMessage,
    deserialize,
)
from mobilenet_perception.recordings.labels import (
    Labels,
    ThingLabels,
    labels_file_of,
    labels_of_bag,
    read_things,
)
from mobilenet_perception.recordings.reader import Topic, messages_of, note_of, open_storage
from mobilenet_perception.recordings.source import camera_of
from mobilenet_perception.ros.bridge_decoder import use_cv_bridge
from mobilenet_perception.tools.bags.info.region_topic import RegionTopic
from mobilenet_perception.tools.bags.reason_counter import ReasonCounter

if TYPE_CHECKING:
    from rosbags.interfaces import Connection
    from rosbags.rosbag2 import Reader

Times = npt.NDArray[np.int64]
# Jitter of a strict period stays below this.
LONG_PERIODS = 1.5
# As many frames of a file are decoded to see whether the node would reject them.
_SAMPLE = 50


class StorageFile(NamedTuple):
    """A file of a recording, and its size in bytes."""

    name: str
    size: int


class Scan:
    """What a recording has shown so far.

    Attributes:
        path: the recording.
        files: its storage files.
        topics: with the messages that its files announce.
        qos: what publishers offered, in words, by topic.
        cameras: by topic.
        boxes: topics of regions, and of what our own node has made of some.
        labels: those in the file beside the recording.
        things: those of things, in the same file, by camera.
        start_ns: when the first message of any topic was recorded; None: there is none.
        end_ns: when the last one was.
        damage: why files could not be read, or not to their end.
        notes: what to know of files that their recorder did not finish.
        interrupted: a person ended it early.

    Raises:
        PerceptionError: there is no recording at `path`, or the labels beside it are damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        found = find_files(path)
        self._files = found.files
        self.files = [StorageFile(file.name, file.stat().st_size) for file in self._files]
        self.qos: dict[str, set[str]] = {}
        self.cameras: dict[str, CameraTopic] = {}
        self.boxes: dict[str, RegionTopic] = {}
        self.labels: Labels = labels_of_bag(path)
        beside = labels_file_of(path)
        self.things: dict[str, ThingLabels] = read_things(beside) if beside else {}
        self.start_ns: int | None = None
        self.end_ns = 0
        self.damage: list[str] = [found.lack] if found.missing else []
        self.notes: list[str] = []
        self.interrupted = False
        self._counts: dict[tuple[str, str], int] = {}

    @property
    def topics(self) -> list[Topic]:
        """Topics by name."""
        found = sorted(self._counts.items())
        return [Topic(name, kind, messages) for (name, kind), messages in found]

    def stamps_ns(self, camera: str) -> set[int]:
        """Return the capture stamps of a camera, of whatever topics it has."""
        none = array('q')
        return set().union(
            *(item.stamps_ns or none for item in self.cameras.values() if item.camera == camera)
        )

    def read(
        self, decode_all: bool = False, progress: Callable[[int], None] = lambda frames: None
    ) -> None:
        """Read all files; what can be read of damaged ones is kept.

        Args:
            decode_all: decode every frame, not only a sample.
            progress: called with the number of camera frames read so far.

        Raises:
            PerceptionError: not a single file can be opened.
        """
        count = 0
        for file in self._files:
            try:
                with open_storage(file) as reader:
                    if note := note_of(reader):
                        self.notes.append(note)
                    for recorded, look in self._messages(reader):
                        if recorded.topic in self.boxes:
                            self.boxes[recorded.topic].add(recorded)
                            continue
                        count += 1
                        self.cameras[recorded.topic].add(recorded, look or decode_all)
                        progress(count)
            except PerceptionError as error:
                self.damage.append(str(error))
        if self.damage and not self._counts:
            raise PerceptionError(self.damage[0])

    def _messages(self, reader: 'Reader') -> Iterator[tuple[RecordedMessage, bool]]:
        """Yield the messages of cameras, those of the sample marked, and of regions."""
        if reader.message_count:
            start_ns = reader.start_time
            self.start_ns = start_ns if self.start_ns is None else min(self.start_ns, start_ns)
            self.end_ns = max(self.end_ns, reader.end_time - 1)
        for connection in reader.connections:
            self._announce(connection)
        kinds = (IMAGE, COMPRESSED, DETECTIONS)
        images = [item for item in reader.connections if item.msgtype in kinds]
        every = {
            item.topic: max(1, len(self._files) * item.msgcount // _SAMPLE) for item in images
        }
        seen = dict.fromkeys(every, 0)
        for recorded in messages_of(reader, images):
            topic = recorded.topic
            yield recorded, not seen[topic] % every[topic]
            seen[topic] += 1

    def _announce(self, connection: 'Connection') -> None:
        topic, kind = connection.topic, connection.msgtype
        self._counts[topic, kind] = self._counts.get((topic, kind), 0) + connection.msgcount
        for offered in getattr(connection.ext, 'offered_qos_profiles', ()):
            words = f'{offered.reliability.name}, {offered.durability.name}'
            self.qos.setdefault(topic, set()).add(words.replace('_', ' ').lower())
        if kind in (IMAGE, COMPRESSED):
            self.cameras.setdefault(topic, CameraTopic(topic, kind))
        if kind == DETECTIONS:
            self.boxes.setdefault(topic, RegionTopic(topic))


class Pictures:
    """What frames have looked like so far.

    Attributes:
        encodings: frames by encoding, or by the format of compressed ones, as messages have it.
        sizes: frames by size; of compressed ones only those decoded.
        changes: how often the size changed from one frame to the next.
        decoded: frames decoded.
        rejected: why the node would reject frames of these.
        picture: watches over what those decoded show.
    """

    def __init__(self) -> None:
        self.encodings: Counter[str] = Counter()
        self.sizes: Counter[str] = Counter()
        self.changes = 0
        self.decoded = 0
        self.rejected = ReasonCounter()
        self.picture = PictureWatch()
        use_cv_bridge()
        self._size = ''

    def see(self, message: Any, look: bool, time_ns: int) -> None:
        """Take in a message; one that looks like none before is decoded in any case.

        Args:
            message: shaped like sensor_msgs/Image or CompressedImage, of ROS or not.
            look: decode it.
            time_ns: when it came.
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
                self.picture.look(message, frame, time_ns)
            except FrameError as error:
                self.rejected.add(str(error))
        if size:
            self.changes += bool(self._size and size != self._size)
            self._size = size
            self.sizes[size] += 1


class Ages(NamedTuple):
    """Time of recording minus capture stamp, in milliseconds."""

    median: float
    min: float
    max: float


class Stamps(NamedTuple):
    """What the capture stamps are worth.

    Attributes:
        ages_ms: of the frames that carry a stamp; None: none does.
        zero: frames without a stamp.
        repeated: frames with the stamp of the frame before.
        backward: frames with an older stamp than the frame before.
        not_believed: frames whose budget the node would count from receipt.
        trouble: what the node says of most of them; empty: there are none.
        over_budget: frames believed, but as old as the budget when they were recorded.
    """

    ages_ms: Ages | None
    zero: int
    repeated: int
    backward: int
    not_believed: int
    trouble: str
    over_budget: int


class Rate(NamedTuple):
    """Frames a second, and the gaps between them.

    Attributes:
        median_hz: one over the median gap.
        lowest_hz: one over the longest gap.
        longest_gap_s: in seconds.
        longest_gap_at_s: when it began, in seconds since the start of the recording.
        long_gaps: gaps of more than 1.5 median gaps, for whatever reason.
        stale_gaps: gaps longer than the decision timeout given.
        spread: the gap that nine of ten stay below, over that which one of ten does; from 1.
    """

    median_hz: float
    lowest_hz: float
    longest_gap_s: float
    longest_gap_at_s: float
    long_gaps: int
    stale_gaps: int
    spread: float = 1.0


class Figures(NamedTuple):
    """What there is to say of a camera topic.

    Attributes:
        messages: frames read.
        mean_bytes: size of a frame's data.
        rate: None: fewer than two frames.
        stamps: None: no frame.
        missing_share: frames missing by stamp, as a share of all; see `missing_share`.
    """

    messages: int
    mean_bytes: float
    rate: Rate | None
    stamps: Stamps | None
    missing_share: float = 0.0


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
        self.see(message, look, recorded.log_ns)

    def figures(self, start_ns: int) -> Figures:
        """Return what came out, for a recording that starts at `start_ns`."""
        mean_bytes = self._bytes / max(1, len(self.stamps_ns))
        return figures_of(self._times_ns, self.stamps_ns, mean_bytes, start_ns)


def default(parameter: str) -> float:
    """Return the default of a parameter of the node."""
    return float(NODE_PARAMETERS[parameter].default)


def figures_of(
    times_ns: 'array[int]', stamps_ns: 'array[int]', mean_bytes: float, start_ns: int
) -> Figures:
    """Return what stamps and times of recording say, both in nanoseconds, in recorded order."""
    if not stamps_ns:
        return Figures(0, 0.0, None, None)
    times = np.array(times_ns, np.int64)
    stamps = np.array(stamps_ns, np.int64)
    return Figures(
        messages=len(stamps),
        mean_bytes=mean_bytes,
        rate=rate_of(times, start_ns, default('decision_timeout_ms')),
        stamps=stamps_of(
            stamps, times, default('latency_budget_ms'), default('max_clock_skew_ms')
        ),
        missing_share=missing_share(stamps),
    )


def stamps_of(
    stamps_ns: Times,
    times_ns: Times,
    budget_ms: float,
    max_skew_ms: float,
    clock_step_ms: float = 0.0,
) -> Stamps:
    """Compare stamps with times of recording, both (n,) in nanoseconds, in recorded order.

    Args:
        stamps_ns: the capture stamps.
        times_ns: when the frames were recorded: about when a node would have received them.
        budget_ms: `latency_budget_ms`.
        max_skew_ms: `max_clock_skew_ms`.
        clock_step_ms: by how much the clock of `times_ns` goes on at a time.
    """
    stamped = stamps_ns > 0
    ages_ms = (times_ns - stamps_ns) / NS_PER_MS
    believed = np.ones(len(stamps_ns), bool)
    troubles = ReasonCounter()
    for place, stamp_ns in enumerate(stamps_ns.tolist()):
        if trouble := stamp_trouble(stamp_ns, float(ages_ms[place]), max_skew_ms, clock_step_ms):
            believed[place] = False
            troubles.add(trouble)
    steps = np.diff(stamps_ns[stamped])
    return Stamps(
        ages_ms=_ages(ages_ms[stamped]),
        zero=int((~stamped).sum()),
        repeated=int((steps == 0).sum()),
        backward=int((steps < 0).sum()),
        not_believed=troubles.total,
        trouble=next(iter(troubles.counts()), ''),
        over_budget=int((believed & (ages_ms >= budget_ms)).sum()),
    )


def _ages(ages_ms: npt.NDArray[np.float64]) -> Ages | None:
    if not ages_ms.size:
        return None
    return Ages(float(np.median(ages_ms)), float(ages_ms.min()), float(ages_ms.max()))


def rate_of(times_ns: Times, start_ns: int, timeout_ms: float) -> Rate | None:
    """Return the rate of frames; None where there are not two at different times.

    Args:
        times_ns: when each was recorded, in nanoseconds; order does not matter.
        start_ns: when the recording starts.
        timeout_ms: gap from which a decision is stale, in milliseconds.
    """
    times = np.sort(times_ns)
    gaps = np.diff(times)
    longest = int(gaps.argmax()) if gaps.size else 0
    if not gaps.size or gaps[longest] == 0:
        return None
    # Frames written at once do not make the camera infinitely fast.
    apart = gaps[gaps > 0]
    median_ns = float(np.median(apart))
    short_ns, long_ns = np.percentile(apart, (10, 90))
    return Rate(
        median_hz=1e9 / median_ns,
        lowest_hz=1e9 / float(gaps[longest]),
        longest_gap_s=float(gaps[longest]) / 1e9,
        longest_gap_at_s=float(times[longest] - start_ns) / 1e9,
        long_gaps=int((gaps > LONG_PERIODS * median_ns).sum()),
        stale_gaps=int((gaps > timeout_ms * 1e6).sum()),
        spread=float(long_ns / short_ns),
    )
