# SPDX-License-Identifier: Apache-2.0
"""Read the camera messages of a rosbag2 recording (sqlite3 or mcap, zstd, split) without ROS."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.recordings.storage import decompress_message, find_files, plain_file

if TYPE_CHECKING:
    from rosbags.rosbag2 import Reader

IMAGE = 'sensor_msgs/msg/Image'
COMPRESSED = 'sensor_msgs/msg/CompressedImage'


class Topic(NamedTuple):
    """A topic of a recording."""

    name: str
    type: str
    messages: int


class Recorded(NamedTuple):
    """One recorded message: `cdr` is its serialised form, `log_ns` when it was written."""

    topic: str
    type: str
    log_ns: int
    cdr: bytes


def list_topics(path: Path) -> list[Topic]:
    """Return the topics of a recording, summed over its files, by name.

    Raises:
        PerceptionError: it cannot be read.
    """
    counts: dict[tuple[str, str], int] = {}
    for file in find_files(path).files:
        with open_storage(file) as reader:
            for connection in reader.connections:
                key = (connection.topic, connection.msgtype)
                counts[key] = counts.get(key, 0) + connection.msgcount
    return [Topic(name, msgtype, count) for (name, msgtype), count in sorted(counts.items())]


def image_topics(path: Path, wanted: Collection[str] = ()) -> list[Topic]:
    """Return the camera topics of a recording, or those `wanted` among them.

    A camera recorded both raw and compressed is taken once, raw, unless `wanted` names it.

    Raises:
        PerceptionError: the recording cannot be read, or has no such topic; the message lists
            the topics that it has.
    """
    topics = list_topics(path)
    images = [topic for topic in topics if topic.type in (IMAGE, COMPRESSED)]
    if wanted:
        chosen = [topic for topic in images if topic.name in wanted]
        if missing := sorted(set(wanted) - {topic.name for topic in chosen}):
            have = ', '.join(topic.name for topic in images) or 'none'
            raise PerceptionError(
                f'{path} has no camera topic {", ".join(missing)}: its camera topics are {have}'
            )
        return chosen
    if not images:
        listed = ', '.join(f'{topic.name} ({topic.type})' for topic in topics) or 'none at all'
        raise PerceptionError(
            f'{path} holds no camera images (sensor_msgs Image or CompressedImage): '
            f'its topics are {listed}'
        )
    return without_twins(images)


def without_twins(images: Collection[Topic]) -> list[Topic]:
    """Leave out the compressed topics of cameras that are recorded raw as well."""
    raw = {topic.name for topic in images if topic.type == IMAGE and topic.messages}
    return [
        topic
        for topic in images
        if topic.name in raw or topic.name.removesuffix('/compressed') not in raw
    ]


def read_messages(path: Path, topics: Collection[str]) -> Iterator[Recorded]:
    """Yield the messages of the named topics, in the order in which they were recorded.

    Raises:
        PerceptionError: the recording cannot be read, or breaks off.
    """
    for file in find_files(path).files:
        with open_storage(file) as reader:
            chosen = [item for item in reader.connections if item.topic in topics]
            if not chosen:
                continue
            for connection, log_ns, data in reader.messages(connections=chosen):
                yield Recorded(
                    connection.topic, connection.msgtype, log_ns, decompress_message(bytes(data))
                )


@contextmanager
def open_storage(file: Path) -> Iterator['Reader']:
    """Open one storage file; every way of being damaged becomes one sentence.

    Raises:
        PerceptionError: it cannot be read, or what the block reads of it breaks off.
    """
    try:
        from rosbags.rosbag2 import Reader  # noqa: PLC0415 (only who reads bags needs it)
    except ImportError:
        raise PerceptionError(
            'reading a bag needs rosbags, which is not installed: run `pip install rosbags`'
        ) from None
    with plain_file(file) as plain:
        try:
            with Reader(plain) as reader:
                yield reader
        # Damaged files raise whatever the parsers of YAML, SQLite, MCAP, LZ4 and zstd run into.
        except Exception as error:
            words = ' '.join(str(error).replace(str(plain), file.name).split()).rstrip('.')
            raise PerceptionError(
                f'{file} is damaged or was cut short ({words or type(error).__name__}): stop '
                'recordings with Ctrl-C, or try `mcap recover` or `ros2 bag reindex`'
            ) from error
