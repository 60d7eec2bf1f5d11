# SPDX-License-Identifier: Apache-2.0
"""What a killed recorder leaves is read as far as it goes, and nothing of it is changed."""

import hashlib
import shutil
import sqlite3
import struct
from pathlib import Path

import numpy as np
import pytest
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.recordings import open_source, source_digest
from mobilenet_perception.recordings.cdr import serialize, typestore
from mobilenet_perception.recordings.unfinished import MAGIC, is_finished
from mobilenet_perception.tools.cli import main
from tests.support.mcap import record, text
from tests.support.recordings import frame, write_recording

FRAMES = 12
IMAGE = 'sensor_msgs/msg/Image'
QOS = """- history: 1
  depth: 5
  reliability: 2
  durability: 2
  deadline: {sec: 9223372036, nsec: 854775807}
  lifespan: {sec: 9223372036, nsec: 854775807}
  liveliness: 1
  liveliness_lease_duration: {sec: 9223372036, nsec: 854775807}
  avoid_ros_namespace_conventions: false
"""


def recording(path: Path, storage: str, start: int = 0, frames: int = FRAMES) -> Path:
    """Write a recording and return its storage file."""
    random = np.random.default_rng(3)
    pictures = (random.integers(0, 255, (48, 64, 3), np.uint8) for _ in range(frames))
    write_recording(
        path, (frame(rgb, 50 * (start + i)) for i, rgb in enumerate(pictures)), storage
    )
    return next(item for item in path.iterdir() if item.suffix in ('.mcap', '.db3'))


def logged(path: Path) -> list[int]:
    return [item.log_ns for item in open_source(str(path)).frames]


def killed(folder: Path, target: Path, shm: bool) -> Path:
    """Copy a database as it is while its writer, whose last frames are in the log alone, runs."""
    file = recording(folder, 'sqlite3')
    writer = sqlite3.connect(file)
    writer.execute('PRAGMA journal_mode=WAL')
    writer.execute('PRAGMA wal_autocheckpoint=0')
    writer.execute(
        'INSERT INTO messages (topic_id, timestamp, data)'
        ' SELECT topic_id, timestamp + 600000000, data FROM messages'
    )
    writer.commit()
    target.mkdir()
    for end in ('', '-wal', *(['-shm'] if shm else [])):
        shutil.copy(f'{file}{end}', target)
    writer.close()
    return target


def contents(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir()}


@pytest.mark.parametrize('shm', [True, False])
@pytest.mark.parametrize('mode', [0o755, 0o555])
def test_frames_in_the_log_of_a_killed_recorder_are_read(
    tmp_path: Path, shm: bool, mode: int
) -> None:
    folder = killed(tmp_path / 'whole', tmp_path / 'robot #1', shm)
    before = contents(folder)
    assert len(before) == 2 + shm
    folder.chmod(mode)
    try:
        times = logged(folder)
        assert len(times) == 2 * FRAMES and times == sorted(times)
        assert contents(folder) == before
    finally:
        folder.chmod(0o755)


def test_the_fingerprint_of_a_recording_is_of_its_log_too(tmp_path: Path) -> None:
    folder = killed(tmp_path / 'whole', tmp_path / 'robot', shm=True)
    before = source_digest(str(folder))
    (log,) = folder.glob('*-wal')
    log.write_bytes(log.read_bytes() + b'\0')
    assert source_digest(str(folder)) != before


@pytest.mark.parametrize('keep', [0.35, 0.7, 0.99, 1.0])
def test_an_mcap_without_its_end_gives_its_messages_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], keep: float
) -> None:
    file = recording(tmp_path / 'bag', 'mcap')
    whole, content = logged(file), file.read_bytes()
    # Without footer and magic alone every message is left.
    file.write_bytes(content[: -37 if keep == 1.0 else int(len(content) * keep)])
    assert not is_finished(file)
    read = logged(file)
    assert read and read == whole[: len(read)]
    assert len(read) == FRAMES or keep < 0.99
    said = capsys.readouterr().err
    assert 'was never finished (its recorder died), ' in said
    assert f'and {len(read)} messages of it are read: ' in said
    assert main(['bag', 'info', str(file)]) == 0
    assert f'{len(read)} messages of it are read' in capsys.readouterr().out


def test_packed_chunks_of_an_unfinished_mcap_are_read(
    tmp_path: Path, labelled_bag: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frames = list(open_source(str(labelled_bag)).frames)
    writer = Writer(tmp_path / 'bag', version=8, storage_plugin=StoragePlugin.MCAP)
    writer.set_compression(CompressionMode.STORAGE, CompressionFormat.ZSTD)
    with writer:
        topic = writer.add_connection('/front/image_raw', IMAGE, typestore=typestore())
        for item in frames:
            writer.write(topic, item.log_ns, item.cdr or b'')
    file = tmp_path / 'bag' / 'bag.mcap'
    content = file.read_bytes()
    file.write_bytes(content[:-37])
    assert [item.cdr for item in open_source(str(file)).frames] == [item.cdr for item in frames]
    middle = content.index(b'\x28\xb5\x2f\xfd') + 40
    file.write_bytes(content[:middle] + bytes(20) + content[middle + 20 : -37])
    with pytest.raises(PerceptionError, match='its chunks are damaged'):
        list(open_source(str(file)).frames)


def test_zeros_that_a_lost_power_leaves_are_the_end(tmp_path: Path) -> None:
    file = recording(tmp_path / 'bag', 'mcap')
    whole, content = logged(file), file.read_bytes()
    file.write_bytes(content[:-37] + bytes(4096))
    assert logged(file) == whole


def unordered(path: Path, finished: bool) -> Path:
    """Write an MCAP file without chunks, of two topics, as `fastwrite` leaves it."""
    content = MAGIC + record(1, text('ros2') + text('a test'))
    content += record(3, struct.pack('<H', 1) + text(IMAGE) + text('ros2msg') + text(''))
    qos = text(text('offered_qos_profiles').decode() + text(QOS).decode())
    for number in (1, 2):
        topic = text(f'/camera{number}/image_raw') + text('cdr')
        content += record(4, struct.pack('<HH', number, 1) + topic + qos)
    for number in (0, 1, 3, 2, 4, 7, 6, 5):
        _, log_ns, message = frame(np.full((48, 64, 3), number, np.uint8), 10 * number)
        head = struct.pack('<HIQQ', 1 + number % 2, 0, log_ns, log_ns)
        content += record(5, head + serialize(message))
    end = record(15, bytes(4)) + record(2, bytes(20)) + MAGIC
    path.write_bytes(content + (end if finished else b''))
    return path


@pytest.mark.parametrize('finished', [True, False])
def test_messages_that_do_not_lie_in_order_are_read_in_order(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], finished: bool
) -> None:
    file = unordered(tmp_path / 'fast.mcap', finished)
    times = logged(file)
    assert len(times) == 8 and times == sorted(times)
    assert ('never finished' in capsys.readouterr().err) is not finished
    assert main(['bag', 'info', str(file)]) == 0
    assert 'best effort, volatile' in capsys.readouterr().out


def test_an_mcap_of_no_message_is_refused_in_a_sentence(tmp_path: Path) -> None:
    file = recording(tmp_path / 'bag', 'mcap')
    file.write_bytes(file.read_bytes()[:60])
    with pytest.raises(PerceptionError, match=r'holds no whole message \(its recorder died'):
        open_source(str(file))


def split(folder: Path) -> list[Path]:
    """Return the three files of one recording without metadata."""
    folder.mkdir()
    files = []
    for part in range(3):
        file = recording(folder.with_name(f'part{part}'), 'sqlite3', part * FRAMES)
        files.append(file.rename(folder / f'drive_{part}.db3'))
    return files


@pytest.mark.parametrize('broken', [0, 1, 2])
@pytest.mark.parametrize('keep', [0, 4096])
def test_the_sound_parts_of_a_split_bag_are_played(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], broken: int, keep: int
) -> None:
    folder = tmp_path / 'drive'
    part = split(folder)[broken]
    sound = logged(folder)
    part.write_bytes(part.read_bytes()[:keep])
    left = sound[: broken * FRAMES] + sound[(broken + 1) * FRAMES :]
    assert logged(folder) == left
    said = capsys.readouterr().err
    assert f'drive_{broken}.db3 is damaged' in said and 'the other files' in said
    assert main(['bag', 'info', str(folder)]) == 1
    assert f'drive_{broken}.db3 is damaged' in capsys.readouterr().err


def test_a_missing_part_is_named_and_the_others_are_played(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = recording(tmp_path / 'bag', 'sqlite3')
    metadata = file.with_name('metadata.yaml')
    text = metadata.read_text()
    metadata.write_text(text.replace(f'  - {file.name}\n', f'  - {file.name}\n  - bag_1.db3\n'))
    assert metadata.read_text() != text
    assert len(logged(file.parent)) == FRAMES
    assert 'lacks bag_1.db3, which its metadata.yaml lists' in capsys.readouterr().err
    assert main(['bag', 'info', str(file.parent)]) == 1


def test_a_bag_of_broken_parts_alone_is_refused(tmp_path: Path) -> None:
    for part in split(tmp_path / 'drive'):
        part.write_bytes(b'')
    with pytest.raises(PerceptionError, match=r'drive_0\.db3 is damaged'):
        open_source(str(tmp_path / 'drive'))


def test_the_reported_recordings_are_read(data: Path) -> None:
    bags = data / 'reports' / 'bags'
    assert len(logged(bags / 'unfinished.mcap')) == 20
    assert len(logged(bags / 'wal_killed')) == 15
