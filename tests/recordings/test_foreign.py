# SPDX-License-Identifier: Apache-2.0
"""Recordings of ROS 1 and Foxglove are named as what they are, by every reader of bags."""

import struct
from pathlib import Path

import pytest
from rosbags.rosbag1 import Writer
from rosbags.typesys import Stores, get_typestore

from mobilenet_perception.recordings import open_source
from mobilenet_perception.recordings.unfinished import MAGIC
from mobilenet_perception.tools.cli import main
from tests.support.mcap import record, text
from tests.support.recordings import write_recording


def mcap(path: Path, profile: str, encoding: str, finished: bool = True) -> Path:
    """Write an MCAP file of one message."""
    channel = struct.pack('<HH', 1, 0) + text('/camera') + text(encoding) + struct.pack('<I', 0)
    message = struct.pack('<HIQQ', 1, 0, 5, 5) + b'{}'
    footer = record(2, struct.pack('<QQI', 0, 0, 0)) + MAGIC if finished else b''
    header = record(1, text(profile) + text('a test'))
    path.write_bytes(MAGIC + header + record(4, channel) + record(5, message) + footer)
    return path


def ros1_bag(path: Path) -> Path:
    store = get_typestore(Stores.ROS1_NOETIC)
    with Writer(path) as writer:
        writer.add_connection('/camera/image_raw', 'sensor_msgs/msg/Image', typestore=store)
    return path


@pytest.mark.parametrize(
    'command',
    [
        ['bag', 'info'],
        ['bag', 'label', '--bundle', 'default'],
        ['bag', 'extract', '-o', '{out}'],
        ['replay'],
        ['doctor', '--bag'],
        ['demo', '--out', '{out}'],
    ],
    ids=' '.join,
)
def test_every_reader_of_bags_names_a_bag_of_ros_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    bag = ros1_bag(tmp_path / 'drive.bag')
    words = [word.format(out=tmp_path / 'out') for word in command]
    assert main([*words, str(bag)]) == 1
    captured = capsys.readouterr()
    said = captured.out + captured.err
    new = bag.with_suffix('')
    assert (
        f'is a bag of ROS 1: turn it into one of ROS 2 with `rosbags-convert --src {bag} ' in said
    )
    assert f'--dst {new}`' in said
    assert 'damaged' not in said and 'Traceback' not in said


@pytest.mark.parametrize('name', ['drive.BAG', 'drive.bag.orig', 'drive.bag.active', 'drive.db3'])
def test_a_bag_of_ros_1_is_known_by_its_content_and_how_to_name_it_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    path = ros1_bag(tmp_path / 'drive.bag').rename(tmp_path / name)
    for command in ('replay', 'bag info'):
        assert main([*command.split(), str(path)]) == 1
        said = capsys.readouterr().err
        assert f'{name} is a bag of ROS 1' in said and 'damaged' not in said
        assert f'`mv {path} {tmp_path}/drive.bag`, then `rosbags-convert --src' in said
        assert f'--src {tmp_path}/drive.bag --dst {tmp_path}/drive`' in said
        assert ('`rosbag reindex' in said) is name.endswith('.active')


def test_a_folder_of_bags_of_ros_1_is_named_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ros1_bag(tmp_path / 'drive.bag')
    for command in ('replay', 'bag info', 'bag label --bundle default', 'doctor --bag'):
        assert main([*command.split(), str(tmp_path)]) == 1
        assert 'drive.bag is a bag of ROS 1' in capsys.readouterr().err


@pytest.mark.parametrize('finished', [True, False])
@pytest.mark.parametrize(
    ('profile', 'encoding', 'said'),
    [
        ('ros1', 'ros1', 'is a recording of ROS 1 in an MCAP file'),
        ('', 'ros1', 'is a recording of ROS 1 in an MCAP file'),
        ('', 'json', 'of Foxglove or another program, with messages in json'),
        ('foxglove', 'protobuf', 'of Foxglove or another program, with messages in protobuf'),
    ],
)
def test_foreign_mcap_is_named(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    profile: str,
    encoding: str,
    said: str,
    finished: bool,
) -> None:
    path = mcap(tmp_path / 'drive.mcap', profile, encoding, finished)
    for command in ('replay', 'bag info'):
        assert main([*command.split(), str(path)]) == 1
        error = capsys.readouterr().err
        assert said in error and 'rosbags-convert' in error and 'damaged' not in error


def test_cdr_is_read_whatever_profile_a_file_states(tmp_path: Path, labelled_bag: Path) -> None:
    frames = list(open_source(str(labelled_bag)).frames)
    folder = write_recording(
        tmp_path / 'bag', (('/front/image_raw', item.log_ns, item.message) for item in frames)
    )
    content = (folder / 'bag.mcap').read_bytes()
    head_end = len(MAGIC) + 9 + struct.unpack_from('<Q', content, len(MAGIC) + 1)[0]
    changed = content[:head_end].replace(text('ros2'), text('xxxx')) + content[head_end:]
    assert changed != content
    path = tmp_path / 'other.mcap'
    path.write_bytes(changed)
    read = list(open_source(str(path)).frames)
    assert [item.cdr for item in read] == [item.cdr for item in frames]


def test_the_reported_recordings_are_named(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ('noetic.bag', 'ros1_profile.mcap', 'foxglove_json.mcap'):
        assert main(['bag', 'info', str(data / 'reports' / 'bags' / name)]) == 1
        error = capsys.readouterr().err
        assert 'rosbags-convert' in error and 'damaged' not in error
