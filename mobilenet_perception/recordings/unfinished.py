# SPDX-License-Identifier: Apache-2.0
"""Unfinished recordings, as a killed recorder leaves them: MCAP without footer, SQLite with WAL.

Read like rosbags' `Reader`, for the kinds of file that it does not take: these two, and MCAP
without chunks (`ros2 bag record --storage-preset-profile fastwrite`), whose messages it wants in
the order of their times. The files of the recording
themselves are never changed.

Formats: https://mcap.dev/spec, https://sqlite.org/wal.html
"""

import heapq
import io
import shutil
import sqlite3
import struct
import zlib
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.recordings.storage import decompress_zstd

if TYPE_CHECKING:
    from rosbags.interfaces import ConnectionExtRosbag2

MAGIC = b'\x89MCAP0\r\n'
CDR = 'cdr'
ROS2 = 'ros2'
_HEADER, _FOOTER, _SCHEMA, _CHANNEL, _MESSAGE, _CHUNK, _DATA_END = 1, 2, 3, 4, 5, 6, 15
_FOOTER_SIZE = 9 + 20 + len(MAGIC)
_RECORD_HEAD = struct.Struct('<BQ')
_CHUNK_HEAD = struct.Struct('<QQQI')
_MESSAGE_HEAD = struct.Struct('<HIQQ')
_LATEST_NS = 2**63 - 1
# Recorders write what several threads receive: a message may lie behind later ones.
_REORDER_NS = 200_000_000
_QOS = 'offered_qos_profiles'


class StoredTopic(NamedTuple):
    """A topic of one storage file; the names are those of rosbags' `Connection`."""

    id: int
    topic: str
    msgtype: str
    msgcount: int
    ext: 'ConnectionExtRosbag2 | None' = None


class StoredMessage(NamedTuple):
    """A message as the file has it."""

    topic_id: int
    log_ns: int
    data: bytes


class StorageReader:
    """What both readers here have in common with rosbags' `Reader`.

    Attributes:
        connections: the topics.
        message_count: of all topics.
        start_time: of the first message, in nanoseconds.
        end_time: after the last one, in nanoseconds.
        note: what a person should know of the file; empty: nothing.
    """

    def __init__(self) -> None:
        self.connections: list[StoredTopic] = []
        self.message_count = 0
        self.start_time, self.end_time = _LATEST_NS, 0
        self.note = ''

    def messages(
        self, connections: Collection[StoredTopic]
    ) -> Iterator[tuple[StoredTopic, int, bytes]]:
        """Yield topic, time of recording in nanoseconds, and bytes of each message, in order."""
        by_id = {topic.id: topic for topic in connections}
        for message in self._stored():
            if message.topic_id in by_id:
                yield by_id[message.topic_id], message.log_ns, message.data

    def _stored(self) -> Iterator[StoredMessage]:
        raise NotImplementedError


class McapScanner(StorageReader):
    """MCAP read from its start on, without the index that an unfinished file lacks.

    Args:
        file: what is read.
        name: how to call it in sentences.

    Attributes:
        encodings: how the messages of its channels are serialised, such as `cdr` or `json`.
        finished: the file ends as it should.
        bad_chunks: how many chunks cannot be unpacked.
    """

    def __init__(self, file: Path, name: Path) -> None:
        super().__init__()
        self._file = file
        self.finished = is_finished(file)
        self.encodings: set[str] = set()
        self._schemas: dict[int, str] = {}
        self._topics: dict[int, StoredTopic] = {}
        # Where the whole records end.
        self._torn_at: int | None = None
        self.bad_chunks = 0
        counts: Counter[int] = Counter()
        for message in self._stored(heads=True):
            counts[message.topic_id] += 1
            self.start_time = min(self.start_time, message.log_ns)
            self.end_time = max(self.end_time, message.log_ns + 1)
        self.connections = [t._replace(msgcount=counts[t.id]) for t in self._topics.values()]
        self.message_count = sum(topic.msgcount for topic in self.connections)
        self.note = self._note(name)

    def messages(
        self, connections: Collection[StoredTopic]
    ) -> Iterator[tuple[StoredTopic, int, bytes]]:
        """Yield messages as `StorageReader` does; one that is 200 ms too late comes late."""
        waiting: list[tuple[int, int, tuple[StoredTopic, int, bytes]]] = []
        newest_ns = 0
        for number, message in enumerate(super().messages(connections)):
            newest_ns = max(newest_ns, message[1])
            heapq.heappush(waiting, (message[1], number, message))
            while waiting[0][0] < newest_ns - _REORDER_NS:
                yield heapq.heappop(waiting)[2]
        while waiting:
            yield heapq.heappop(waiting)[2]

    def _note(self, name: Path) -> str:
        if self.finished and not self.bad_chunks:
            return ''
        lost = [f'what follows byte {self._torn_at} is cut short'] if self._torn_at else []
        if self.bad_chunks:
            lost.append(f'{self.bad_chunks} chunk(s) are damaged and left out')
        end = 'has damaged parts' if self.finished else 'was never finished (its recorder died)'
        words = [f'{name} {end}', *lost, f'and {self.message_count} messages of it are read']
        return f'{", ".join(words)}: stop recordings with Ctrl-C; `mcap recover` makes it whole'

    def _stored(self, heads: bool = False) -> Iterator[StoredMessage]:
        self.bad_chunks, self._torn_at = 0, None
        with self._file.open('rb') as stream:
            stream.seek(len(MAGIC))
            size = self._file.stat().st_size - (_FOOTER_SIZE if self.finished else 0)
            for kind, body, whole in self._records(stream, size, heads):
                if kind == _CHUNK:
                    yield from self._chunk(body, whole)
                elif whole and (message := self._take(kind, body)):
                    yield message

    def _records(
        self, stream: BinaryIO, size: int, heads: bool = False
    ) -> Iterator[tuple[int, bytes, bool]]:
        """Yield kind and body of each record, and whether it is all there.

        With `heads`, of messages only what says their topic and time: to count is no work then.
        """
        while (place := stream.tell()) < size:
            head = stream.read(_RECORD_HEAD.size)
            kind, length = _RECORD_HEAD.unpack(head.ljust(_RECORD_HEAD.size, b'\0'))
            # A file system that lost its power leaves zeros: there is no record of kind 0.
            whole = kind != 0 and stream.tell() + length <= size
            if not whole:
                self._torn_at = place if self._torn_at is None else self._torn_at
            if kind in (0, _DATA_END, _FOOTER):
                return
            end = min(stream.tell() + length, size)
            wanted = _MESSAGE_HEAD.size if heads and kind == _MESSAGE else length
            yield kind, stream.read(min(wanted, end - stream.tell())), whole
            stream.seek(end)

    def _chunk(self, body: bytes, whole: bool) -> Iterator[StoredMessage]:
        """Yield the messages of a chunk; of one that is cut short, those that are not packed."""
        try:
            records = _unpacked(body, whole)
        # The decoders of zstd and LZ4 raise what they like.
        except Exception:
            self.bad_chunks += whole
            return
        for kind, inner, inner_whole in self._records(io.BytesIO(records), len(records)):
            if inner_whole and (message := self._take(kind, inner)):
                yield message

    def _take(self, kind: int, body: bytes) -> StoredMessage | None:
        """Note a schema or channel; return a message in CDR."""
        if kind == _SCHEMA:
            number, name, _ = _numbered(body)
            self._schemas[number] = name
        elif kind == _CHANNEL:
            number, schema = struct.unpack_from('<HH', body)
            topic, rest = _text(body[4:])
            encoding, metadata = _text(rest)
            self.encodings.add(encoding)
            if encoding == CDR:
                extra = _extra(_texts(metadata).get(_QOS, ''))
                name = self._schemas.get(schema, '')
                self._topics[number] = StoredTopic(number, topic, name, 0, extra)
        elif kind == _MESSAGE:
            number, _, log_ns, _ = _MESSAGE_HEAD.unpack_from(body)
            if number in self._topics:
                return StoredMessage(number, log_ns, body[_MESSAGE_HEAD.size :])
        return None


class WalReader(StorageReader):
    """An SQLite recording together with the write-ahead log that a killed recorder left.

    Args:
        connection: to the database, opened with its log.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__()
        self._connection = connection
        columns = {row[1] for row in connection.execute('PRAGMA table_info(topics)')}
        qos = _QOS if _QOS in columns else 'NULL'
        rows = connection.execute(
            f'SELECT topics.id, name, type, count(messages.id), {qos} FROM topics'
            ' LEFT JOIN messages ON topics.id = messages.topic_id'
            ' GROUP BY topics.id ORDER BY topics.id'
        )
        self.connections = [
            StoredTopic(number, topic, kind, count, _extra(profiles or ''))
            for number, topic, kind, count, profiles in rows
        ]
        self.message_count = sum(topic.msgcount for topic in self.connections)
        if self.message_count:
            first, last = connection.execute(
                'SELECT min(timestamp), max(timestamp) FROM messages'
            ).fetchone()
            self.start_time, self.end_time = first, last + 1

    def _stored(self) -> Iterator[StoredMessage]:
        rows = self._connection.execute(
            'SELECT topic_id, timestamp, data FROM messages ORDER BY timestamp, id'
        )
        yield from map(StoredMessage._make, rows)


def wal_of(file: Path) -> Path | None:
    """Return the write-ahead log beside a database, where there is one that holds something."""
    log = file.with_name(f'{file.name}-wal')
    return log if log.is_file() and log.stat().st_size else None


@contextmanager
def open_wal(file: Path) -> Iterator[WalReader]:
    """Open a database with its log, and change neither.

    SQLite needs an index of the log, which its `-shm` file holds: where that is gone, a copy of
    both is read, so that none is written beside them.

    Raises:
        sqlite3.Error: the database is damaged.
        OSError: there is no room for the copy.
    """
    with TemporaryDirectory() as folder:
        try:
            connection = _connect(file)
        except sqlite3.OperationalError:
            copy = Path(folder, file.name)
            shutil.copyfile(file, copy)
            if log := wal_of(file):
                shutil.copyfile(log, copy.with_name(log.name))
            connection = _connect(copy, in_place=False)
        try:
            yield WalReader(connection)
        finally:
            connection.close()


def is_finished(file: Path) -> bool:
    """Say whether an MCAP file ends with footer and magic."""
    with file.open('rb') as stream:
        if stream.seek(0, io.SEEK_END) < len(MAGIC) + _FOOTER_SIZE:
            return False
        stream.seek(-_FOOTER_SIZE, io.SEEK_END)
        end = stream.read()
    return end[0] == _FOOTER and end.endswith(MAGIC)


def is_chunked(file: Path) -> bool:
    """Say whether the messages of an MCAP file lie in chunks, which an index finds."""
    with file.open('rb') as stream:
        stream.seek(len(MAGIC))
        while len(head := stream.read(_RECORD_HEAD.size)) == _RECORD_HEAD.size:
            kind, length = _RECORD_HEAD.unpack(head)
            if kind in (_MESSAGE, _CHUNK, _DATA_END, _FOOTER) or length > _LATEST_NS:
                return bool(kind != _MESSAGE)
            stream.seek(length, io.SEEK_CUR)
    return True


def mcap_profile(file: Path) -> str | None:
    """Return the profile that an MCAP file states, such as `ros2`; None: it is no MCAP."""
    with file.open('rb') as stream:
        head = stream.read(256)
    if not head.startswith(MAGIC) or head[len(MAGIC) : len(MAGIC) + 1] != bytes((_HEADER,)):
        return None
    try:
        return _text(head[len(MAGIC) + _RECORD_HEAD.size :])[0]
    except (struct.error, UnicodeDecodeError):
        return None


def _connect(file: Path, in_place: bool = True) -> sqlite3.Connection:
    """Open a database to read; in place nothing beside it is written either."""
    way = '?mode=ro&readonly_shm=1' if in_place else '?mode=ro'
    # The player reads in a thread of its own; there is one reader at a time.
    connection = sqlite3.connect(f'{file.absolute().as_uri()}{way}', uri=True,
                                 check_same_thread=False)  # fmt: skip
    try:
        connection.execute('SELECT count(*) FROM sqlite_master').fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _unpacked(body: bytes, whole: bool) -> bytes:
    _, _, size, crc = _CHUNK_HEAD.unpack_from(body)
    packing, rest = _text(body[_CHUNK_HEAD.size :])
    records = rest[8:]
    if packing == 'zstd':
        records = decompress_zstd(records)
    elif packing == 'lz4':
        records = _lz4().decompress(records)
    elif packing:
        raise PerceptionError(f'chunks packed with {packing} cannot be read')
    if whole and (len(records) != size or (crc and zlib.crc32(records) != crc)):
        raise PerceptionError('the checksum of a chunk is wrong')
    return records


def _lz4() -> Any:
    import lz4.frame  # type: ignore[import-untyped]  # noqa: PLC0415 (comes with rosbags)

    return lz4.frame


def _extra(profiles: str) -> 'ConnectionExtRosbag2':
    """Return what rosbags tells of a topic besides: the QoS profiles that it was recorded with."""
    from rosbags.interfaces import ConnectionExtRosbag2  # noqa: PLC0415
    from rosbags.rosbag2.metadata import parse_qos  # noqa: PLC0415

    try:
        return ConnectionExtRosbag2(CDR, parse_qos(profiles))
    # They are for people to read: what cannot be parsed is left out.
    except Exception:
        return ConnectionExtRosbag2(CDR, [])


def _texts(data: bytes) -> dict[str, str]:
    """Return a map of texts, as channels have it for their metadata."""
    found = {}
    rest = data[4:]
    while rest:
        key, rest = _text(rest)
        found[key], rest = _text(rest)
    return found


def _numbered(body: bytes) -> tuple[int, str, bytes]:
    (number,) = struct.unpack_from('<H', body)
    return number, *_text(body[2:])


def _text(data: bytes) -> tuple[str, bytes]:
    (length,) = struct.unpack_from('<I', data)
    return data[4 : 4 + length].decode(), data[4 + length :]
