# SPDX-License-Identifier: Apache-2.0
"""Damaged, odd and foreign recordings: read, or refused in one sentence."""

import shutil
import sqlite3
from pathlib import Path

import pytest
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.recordings import BagOptions, SourceFrame, open_source, write_bag
from mobilenet_perception.recordings.cdr import restamp, serialize, typestore
from mobilenet_perception.recordings.reader import Topic, image_topics, list_topics, read_messages
from mobilenet_perception.recordings.source import camera_of
from mobilenet_perception.recordings.storage import SUFFIXES
from tests.support.colours import FRAMES

IMAGE = 'sensor_msgs/msg/Image'


def write_split(frames: list[SourceFrame], folder: Path, mode: CompressionMode) -> None:
    """Write a bag of three files, as `ros2 bag record --max-bag-size` leaves it."""
    folder.mkdir()
    names = []
    for part in range(3):
        name = f'{folder.name}_{part}'
        writer = Writer(folder / name, version=8, storage_plugin=StoragePlugin.SQLITE3)
        writer.set_compression(mode, CompressionFormat.ZSTD)
        with writer:
            topic = writer.add_connection('/front/image_raw', IMAGE, typestore=typestore())
            for frame in frames[part * 5 : part * 5 + 5]:
                writer.write(topic, frame.log_ns, serialize(frame.message))
        file = next(path for path in (folder / name).iterdir() if path.name.endswith(SUFFIXES))
        file.rename(folder / file.name)
        metadata = (folder / name / 'metadata.yaml').read_text()
        shutil.rmtree(folder / name)
        names.append(file.name)
    listed = ''.join(f'  - {name}\n' for name in names)
    before, _, after = metadata.partition('  relative_file_paths:\n')
    rest = after.partition('\n')[2]
    (folder / 'metadata.yaml').write_text(f'{before}  relative_file_paths:\n{listed}{rest}')


@pytest.mark.parametrize(
    'mode', [CompressionMode.NONE, CompressionMode.FILE, CompressionMode.MESSAGE]
)
@pytest.mark.parametrize('metadata', [True, False])
def test_split_and_compressed_bags(
    labelled_bag: Path, tmp_path: Path, mode: CompressionMode, metadata: bool
) -> None:
    frames = list(open_source(str(labelled_bag)).frames)
    folder = tmp_path / 'split'
    write_split(frames, folder, mode)
    if not metadata:
        (folder / 'metadata.yaml').unlink()
    read = list(open_source(str(folder)).frames)
    assert [item.stamp_ns for item in read] == [item.stamp_ns for item in frames]
    assert [item.cdr for item in read] == [item.cdr for item in frames]
    assert {item.camera for item in read} == {'front'}


# Of an MCAP file cut later than at its very start the whole messages are read: test_unfinished.py.
@pytest.mark.parametrize(
    ('storage', 'keep'),
    [('mcap', 0.0), ('mcap', 0.001), ('sqlite3', 0.0), ('sqlite3', 0.3), ('sqlite3', 0.99)],
)
def test_bag_cut_short_is_refused(
    labelled_bag: Path, tmp_path: Path, storage: str, keep: float
) -> None:
    path = tmp_path / 'bag'
    write_bag(open_source(str(labelled_bag)), path, BagOptions(storage))  # type: ignore[arg-type]
    file = next(item for item in path.iterdir() if item.suffix in ('.mcap', '.db3'))
    content = file.read_bytes()
    whole = list(open_source(str(path)).frames)
    file.write_bytes(content[: int(len(content) * keep)])
    try:
        read = list(open_source(str(path)).frames)
    except PerceptionError as error:
        assert str(path) in str(error) and '\n' not in str(error)
    else:
        # SQLite 3.53 does without the last page, which holds no message.
        assert (storage, keep) == ('sqlite3', 0.99)
        assert sqlite3.sqlite_version_info >= (3, 53)
        assert [one.cdr for one in read] == [one.cdr for one in whole]


def test_every_damaged_byte_is_read_or_refused(labelled_bag: Path, tmp_path: Path) -> None:
    content = (labelled_bag / 'colours.mcap').read_bytes()
    for position in (*range(0, 600, 23), *range(len(content) - 900, len(content), 17)):
        damaged = tmp_path / 'damaged.mcap'
        flipped = bytes([content[position] ^ 0xFF])
        damaged.write_bytes(content[:position] + flipped + content[position + 1 :])
        try:
            list(open_source(str(damaged)).frames)
        except PerceptionError as error:
            assert '\n' not in str(error)


@pytest.mark.parametrize(
    ('content', 'said'),
    [
        ('rosbag2_bagfile_information: [', 'cannot be read'),
        ('{}', 'cannot be read'),
        ('rosbag2_bagfile_information:\n  relative_file_paths: [gone.mcap]\n'
         '  topics_with_message_count: []\n', 'lacks gone.mcap'),
        ('rosbag2_bagfile_information:\n  relative_file_paths: []\n  topics_with_message_count:\n'
         '  - topic_metadata: {serialization_format: odd}\n', 'serialised as odd'),
    ],
)  # fmt: skip
def test_bad_metadata_is_refused(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / 'metadata.yaml').write_text(content)
    with pytest.raises(PerceptionError, match=said):
        open_source(str(tmp_path))


def test_several_recordings_in_a_folder_are_not_mixed(labelled_bag: Path, tmp_path: Path) -> None:
    for name in ('one', 'two'):
        shutil.copy(labelled_bag / 'colours.mcap', tmp_path / f'{name}.mcap')
    with pytest.raises(PerceptionError, match=r'name one of one\.mcap, two\.mcap'):
        open_source(str(tmp_path))


def test_damaged_message_is_handed_on_to_be_rejected(tmp_path: Path, labelled_bag: Path) -> None:
    frame = next(open_source(str(labelled_bag)).frames)
    path = tmp_path / 'bag'
    with Writer(path, version=8, storage_plugin=StoragePlugin.MCAP) as writer:
        topic = writer.add_connection('/camera/image_raw', IMAGE, typestore=typestore())
        writer.write(topic, 5, (frame.cdr or b'')[:40])
        writer.write(topic, 6, frame.cdr or b'')
    bad, good = open_source(str(path)).frames
    assert (bad.message.encoding, bad.stamp_ns) == ('damaged', 5)  # type: ignore[union-attr]
    assert good.stamp_ns == frame.stamp_ns


def test_topics_are_named_where_none_is_a_camera(tmp_path: Path) -> None:
    path = tmp_path / 'bag'
    with Writer(path, version=8, storage_plugin=StoragePlugin.MCAP) as writer:
        writer.add_connection('/odom', 'nav_msgs/msg/Odometry', typestore=typestore())
    with pytest.raises(PerceptionError, match=r'/odom \(nav_msgs/msg/Odometry\)'):
        image_topics(path)


def test_camera_recorded_twice_is_taken_raw_unless_named(
    tmp_path: Path, labelled_bag: Path
) -> None:
    frame = next(open_source(str(labelled_bag)).frames)
    path = tmp_path / 'bag'
    with Writer(path, version=8, storage_plugin=StoragePlugin.MCAP) as writer:
        compressed = 'sensor_msgs/msg/CompressedImage'
        for name, kind in (('/a/image', IMAGE), ('/a/image/compressed', compressed)):
            topic = writer.add_connection(name, kind, typestore=typestore())
            writer.write(topic, 1, frame.cdr or b'')
    assert image_topics(path) == [Topic('/a/image', IMAGE, 1)]
    assert [item.name for item in image_topics(path, ['/a/image/compressed'])] == [
        '/a/image/compressed'
    ]
    with pytest.raises(PerceptionError, match='has no camera topic /b'):
        image_topics(path, ['/b'])


def test_real_recordings_are_read_or_refused(data: Path) -> None:
    bags = data / 'bags'
    folders = {path.parent for path in bags.rglob('*') if path.is_file()}
    files = {path for path in bags.rglob('*') if path.name.endswith(SUFFIXES)}
    read = 0
    for path in sorted(folders | files):
        with pytest.raises(PerceptionError) as caught:
            open_source(str(path))
        assert '\n' not in str(caught.value)
        if 'its topics are' in str(caught.value):
            topics = list_topics(path)
            messages = list(read_messages(path, {topic.name for topic in topics}))
            read += len(messages)
            assert len(messages) == sum(topic.messages for topic in topics)
    assert read > 10_000


@pytest.mark.parametrize('name', ['run #2', 'what?', '50%20'])
def test_databases_are_read_whatever_their_folder_is_called(
    labelled_bag: Path, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name / 'bag'
    path.parent.mkdir()
    write_bag(open_source(str(labelled_bag)), path, BagOptions('sqlite3'))
    assert {item.name for item in tmp_path.iterdir()} == {name}
    assert len(list(open_source(str(path)).frames)) == FRAMES
    with pytest.raises(PerceptionError, match='choose another name, or --storage mcap'):
        write_bag(open_source(str(labelled_bag)), path / name, BagOptions('sqlite3'))


def test_restamping_changes_the_stamp_alone(labelled_bag: Path) -> None:
    frame = next(open_source(str(labelled_bag)).frames)
    cdr = frame.cdr or b''
    stamped = restamp(cdr, 7_000_000_009)
    message = typestore().deserialize_cdr(stamped, IMAGE)
    assert (message.header.stamp.sec, message.header.stamp.nanosec) == (7, 9)  # type: ignore[attr-defined]
    assert stamped[12:] == cdr[12:] and len(stamped) == len(cdr)


@pytest.mark.parametrize(
    ('topic', 'camera'),
    [
        ('/camera/image_raw', 'camera'),
        ('/front/image_raw/compressed', 'front'),
        ('/camera/color/image_raw', 'camera_color'),
        ('/image', 'image'),
        ('/0/image_raw', 'camera_0'),
    ],
)
def test_cameras_are_named_after_their_topics(topic: str, camera: str) -> None:
    assert camera_of(topic) == camera


def test_fixture_is_what_the_tests_think(labelled_bag: Path) -> None:
    assert list_topics(labelled_bag) == [Topic('/camera/image_raw', IMAGE, FRAMES)]
