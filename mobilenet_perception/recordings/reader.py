# SPDX-License-Identifier: Apache-2.0
"""The reader of rosbag2 recordings (sqlite3 or mcap, zstd, split), without ROS."""

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames.messages import to_nanoseconds
from mobilenet_perception.recordings import cdr, unfinished
from mobilenet_perception.recordings.foreign import foreign_mcap_error
from mobilenet_perception.recordings.labels import FrameLabel, Labels
from mobilenet_perception.recordings.source import SourceCamera, SourceFrame, camera_of, warn
from mobilenet_perception.recordings.storage import (
    decompress_message,
    find_files,
    plain_file,
    uri_safe,
)

if TYPE_CHECKING:
    from rosbags.interfaces import Connection
    from rosbags.rosbag2 import Reader

_UNLABELLED = FrameLabel(None)


class Topic(NamedTuple):
    """A topic of a recording."""

    name: str
    type: str
    messages: int


def bag_cameras(path: Path, topics: Collection[str] = ()) -> list[SourceCamera]:
    """Return the cameras of a recording, named after their topics.

    Raises:
        PerceptionError: the recording cannot be read or has no such camera, or two cameras
            would have one name.
    """
    cameras = [
        SourceCamera(camera_of(topic.name), topic.name, topic.type == cdr.COMPRESSED)
        for topic in image_topics(path, topics)
    ]
    if len({camera.name for camera in cameras}) < len(cameras):
        names = ', '.join(camera.topic for camera in cameras)
        raise PerceptionError(f'{path} holds topics of one name, {names}: choose with --topic')
    return cameras


def read_bag(
    path: Path, cameras: Collection[SourceCamera], labels: Labels
) -> Iterator[SourceFrame]:
    """Yield the frames of these cameras in the order in which they were recorded.

    Raises:
        PerceptionError: the recording breaks off.
    """
    names = {camera.topic: camera.name for camera in cameras}
    for recorded in read_messages(path, names):
        camera = names[recorded.topic]
        message = cdr.deserialize(recorded)
        stamp_ns = to_nanoseconds(message.header.stamp)
        label = labels.get(camera, {}).get(stamp_ns, _UNLABELLED)
        yield SourceFrame(camera, stamp_ns, recorded.log_ns, message, *label, cdr=recorded.cdr)


def list_topics(path: Path) -> list[Topic]:
    """Return the topics of a recording, summed over its files, by name; broken files have none.

    Raises:
        PerceptionError: not one of its files can be read.
    """
    counts: dict[tuple[str, str], int] = {}
    broken: list[PerceptionError] = []
    files = find_files(path).files
    for file in files:
        try:
            with open_storage(file) as reader:
                for connection in reader.connections:
                    key = (connection.topic, connection.msgtype)
                    counts[key] = counts.get(key, 0) + connection.msgcount
        except PerceptionError as error:
            broken.append(error)
    if broken and len(broken) == len(files):
        raise broken[0]
    return [Topic(name, msgtype, count) for (name, msgtype), count in sorted(counts.items())]


def image_topics(path: Path, wanted: Collection[str] = ()) -> list[Topic]:
    """Return the camera topics of a recording, or those `wanted` among them.

    A camera recorded both raw and compressed is taken once, raw, unless `wanted` names it.

    Raises:
        PerceptionError: the recording cannot be read, or has no such topic; the message lists
            the topics that it has.
    """
    topics = list_topics(path)
    images = [topic for topic in topics if topic.type in (cdr.IMAGE, cdr.COMPRESSED)]
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
    raw = {topic.name for topic in images if topic.type == cdr.IMAGE and topic.messages}
    return [
        topic
        for topic in images
        if topic.name in raw or topic.name.removesuffix('/compressed') not in raw
    ]


def read_messages(path: Path, topics: Collection[str]) -> Iterator[cdr.RecordedMessage]:
    """Yield the messages of the named topics, in the order in which they were recorded.

    Of a recording of several files those that are missing or broken are left out, and a warning
    on stderr says which; so it does of a file that its recorder did not finish.

    Raises:
        PerceptionError: the recording cannot be read, or its only file breaks off.
    """
    found = find_files(path)
    if found.missing:
        warn(found.lack)
    broken: list[PerceptionError] = []
    for file in found.files:
        try:
            with open_storage(file) as reader:
                if note := note_of(reader):
                    warn(note)
                chosen = [item for item in reader.connections if item.topic in topics]
                yield from messages_of(reader, chosen)
        except PerceptionError as error:
            broken.append(error)
            if len(broken) == len(found.files):
                raise broken[0] from None
            warn(f'{error}; the other files of the recording are read')


def note_of(reader: 'Reader') -> str:
    """Return what a person should know of an open storage file; empty: nothing."""
    return str(getattr(reader, 'note', ''))


def messages_of(
    reader: 'Reader', connections: list['Connection']
) -> Iterator[cdr.RecordedMessage]:
    """Yield the messages of one open storage file; of no connection none."""
    if not connections:
        return
    for connection, log_ns, data in reader.messages(connections=connections):
        serialized = decompress_message(bytes(data))
        yield cdr.RecordedMessage(connection.topic, connection.msgtype, log_ns, serialized)


@contextmanager
def open_storage(file: Path) -> Iterator['Reader']:
    """Open one storage file; every way of being damaged becomes one sentence.

    Raises:
        PerceptionError: it cannot be read, or what the block reads of it breaks off.
    """
    with plain_file(file) as plain:
        try:
            with _reader(plain, file) as reader:
                yield reader
        except PerceptionError:
            raise
        except OSError as error:
            raise PerceptionError(f'{file} cannot be read: {error.strerror or error}') from error
        # Damaged files raise whatever the parsers of YAML, SQLite, MCAP, LZ4 and zstd run into.
        except Exception as error:
            words = ' '.join(str(error).replace(str(plain), file.name).split()).rstrip('.')
            raise PerceptionError(
                f'{file} is damaged or was cut short ({words or type(error).__name__}): stop '
                'recordings with Ctrl-C, or try `mcap recover` or `ros2 bag reindex`'
            ) from error


def _reader(plain: Path, name: Path) -> AbstractContextManager['Reader']:
    """Choose who reads a storage file, by what it holds.

    Raises:
        PerceptionError: it is a recording of another kind, or of no message, or rosbags is
            missing.
    """
    profile = unfinished.mcap_profile(plain)
    if profile is not None:
        finished = unfinished.is_finished(plain) and unfinished.is_chunked(plain)
        if profile != unfinished.ROS2 or not finished:
            return cast(
                AbstractContextManager['Reader'], nullcontext(_scanner(plain, name, profile))
            )
    elif unfinished.wal_of(plain):
        return cast(AbstractContextManager['Reader'], unfinished.open_wal(plain))
    try:
        from rosbags.rosbag2 import Reader  # noqa: PLC0415 (only who reads bags needs it)
    except ImportError:
        raise PerceptionError(
            'reading a bag needs rosbags, which is not installed: run `pip install rosbags`'
        ) from None
    return Reader(plain) if plain.suffix == '.mcap' else _linked(plain, Reader)


@contextmanager
def _linked(plain: Path, reader: type['Reader']) -> Iterator['Reader']:
    with uri_safe(plain) as link, reader(link) as opened:
        yield opened


def _scanner(plain: Path, name: Path, profile: str) -> unfinished.McapScanner:
    scanner = unfinished.McapScanner(plain, name)
    if not scanner.connections and (encodings := scanner.encodings or {profile} - {'', 'ros2'}):
        raise foreign_mcap_error(name, encodings)
    if not scanner.message_count:
        why = 'its chunks are damaged' if scanner.bad_chunks else 'its recorder died too early'
        raise PerceptionError(
            f'{name} is damaged or was cut short: it holds no whole message ({why})'
        )
    return scanner
