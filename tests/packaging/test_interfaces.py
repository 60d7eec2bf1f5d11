# SPDX-License-Identifier: Apache-2.0
"""The vision_msgs built here are those of real robots: the type hashes are upstream's."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.vision_msgs import UPSTREAM

rclpy = pytest.importorskip('rclpy', reason='needs rclpy: ROS 2 or its wheels')


def hashes(root: Path, definitions: Path) -> dict[str, str]:
    pytest.importorskip('rosidl_generator_type_description', reason='needs the rosidl generators')
    command: list[str | Path] = [
        sys.executable,
        root / 'scripts' / 'build_interfaces.py',
        '--hashes',
        definitions,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(line.split() for line in done.stdout.splitlines())


def test_definitions_hash_as_upstream(root: Path) -> None:
    found = hashes(root, root / 'interfaces' / 'vision_msgs')
    assert {name: found[name] for name in UPSTREAM} == {
        name: f'RIHS01_{digest}' for name, digest in UPSTREAM.items()
    }


def test_another_field_gives_another_hash(root: Path, tmp_path: Path) -> None:
    folder = tmp_path / 'vision_msgs' / 'msg'
    folder.mkdir(parents=True)
    (folder / 'ObjectHypothesis.msg').write_text('string class_id\nfloat32 score\n')
    found = hashes(root, folder.parent)
    assert found['ObjectHypothesis'] != f'RIHS01_{UPSTREAM["ObjectHypothesis"]}'


@pytest.mark.parametrize('name', ['Classification', 'Detection2DArray', 'VisionInfo'])
def test_compiled_messages_announce_these_hashes(name: str) -> None:
    messages = pytest.importorskip('vision_msgs.msg', reason='needs vision_msgs')
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=int(os.environ['ROS_DOMAIN_ID']))
    node = rclpy.create_node('hashes', context=context)
    try:
        node.create_publisher(getattr(messages, name), '/hashed', 1)
        (info,) = node.get_publishers_info_by_topic('/hashed')
        if not hasattr(info, 'topic_type_hash'):
            pytest.skip('this ROS 2 has no type hashes')
        assert bytes(info.topic_type_hash.value).hex() == UPSTREAM[name]
    finally:
        node.destroy_node()
        rclpy.shutdown(context=context)


def test_a_folder_without_messages_is_refused_in_one_sentence(root: Path, tmp_path: Path) -> None:
    pytest.importorskip('rosidl_generator_type_description', reason='needs the rosidl generators')
    command: list[str | Path] = [
        sys.executable,
        root / 'scripts' / 'build_interfaces.py',
        tmp_path,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith('build_interfaces: ')
    assert 'holds no .msg files' in done.stderr
    assert len(done.stderr.splitlines()) == 1
