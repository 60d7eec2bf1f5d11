# SPDX-License-Identifier: Apache-2.0
"""Go through a recording once, file by file, message by message."""

from array import array
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.recordings import find_files
from mobilenet_perception.recordings.cdr import COMPRESSED, IMAGE, RecordedMessage
from mobilenet_perception.recordings.labels import Labels, labels_of_bag
from mobilenet_perception.recordings.reader import Topic, messages_of, open_storage
from mobilenet_perception.tools.bags.info.camera_topic import SAMPLE, CameraTopic

if TYPE_CHECKING:
    from rosbags.interfaces import Connection
    from rosbags.rosbag2 import Reader


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
        labels: those in the file beside the recording.
        start_ns: when the first message of any topic was recorded; None: there is none.
        end_ns: when the last one was.
        damage: why files could not be read, or not to their end.
        interrupted: a person ended it early.

    Raises:
        PerceptionError: there is no recording at `path`, or the labels beside it are damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._files = find_files(path).files
        self.files = [StorageFile(file.name, file.stat().st_size) for file in self._files]
        self.qos: dict[str, set[str]] = {}
        self.cameras: dict[str, CameraTopic] = {}
        self.labels: Labels = labels_of_bag(path)
        self.start_ns: int | None = None
        self.end_ns = 0
        self.damage: list[str] = []
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
                    for recorded, look in self._messages(reader):
                        count += 1
                        self.cameras[recorded.topic].add(recorded, look or decode_all)
                        progress(count)
            except PerceptionError as error:
                self.damage.append(str(error))
        if self.damage and not self._counts:
            raise PerceptionError(self.damage[0])

    def _messages(self, reader: 'Reader') -> Iterator[tuple[RecordedMessage, bool]]:
        """Yield the camera messages of a file, each with whether it is one of the sample."""
        if reader.message_count:
            start_ns = reader.start_time
            self.start_ns = start_ns if self.start_ns is None else min(self.start_ns, start_ns)
            self.end_ns = max(self.end_ns, reader.end_time - 1)
        for connection in reader.connections:
            self._announce(connection)
        images = [item for item in reader.connections if item.msgtype in (IMAGE, COMPRESSED)]
        every = {item.topic: max(1, len(self._files) * item.msgcount // SAMPLE) for item in images}
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
