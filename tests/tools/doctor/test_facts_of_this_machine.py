# SPDX-License-Identifier: Apache-2.0
"""What is read of processes and of the processor, from trees of files as the kernel shows them."""

from pathlib import Path

import psutil
import pytest

from mobilenet_perception.tools.doctor import processes
from mobilenet_perception.tools.doctor.processes import RosProcess, busy_share, ros_processes
from mobilenet_perception.tools.doctor.subscriptions import (
    Subscription,
    wanted_regions,
    wanted_topics,
)

IMAGE, COMPRESSED = 'sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage'


def write_process(root: Path, pid: int, command: str, environment: str, library: str) -> None:
    (root / str(pid)).mkdir()
    (root / str(pid) / 'stat').write_text(f'{pid} (x) S {"0 " * 49}\n')
    (root / str(pid) / 'maps').write_text(f'7f00-7f01 r-xp 0 fe:00 1 /opt/ros/lib/{library}\n')
    (root / str(pid) / 'cmdline').write_text(command.replace(' ', '\0') + '\0')
    (root / str(pid) / 'environ').write_text(environment.replace(' ', '\0') + '\0')


@pytest.fixture
def proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that psutil takes for /proc."""
    monkeypatch.setattr(psutil, 'PROCFS_PATH', str(tmp_path))
    write_stat(tmp_path, 'cpu  10 0 10 70 10 0 0 0 5 0')
    return tmp_path


def write_stat(root: Path, cpu: str) -> None:
    (root / 'stat').write_text(f'{cpu}\ncpu0 1 1\nbtime 1700000000\n')


def test_ros_processes_and_nothing_else_of_their_environment(proc: Path) -> None:
    write_process(proc, 12, 'python3 -m driver', 'ROS_DOMAIN_ID=4 TOKEN=x', 'librcl.so')
    write_process(proc, 7, '/opt/camera --fast', 'HOME=/root', 'librcl.so')
    write_process(proc, 9, 'bash', 'ROS_DOMAIN_ID=4', 'libc.so')
    (proc / '13').mkdir()
    found = ros_processes()
    assert found == [
        RosProcess(7, 'camera', {}), RosProcess(12, 'driver', {'ROS_DOMAIN_ID': '4'}),
    ]  # fmt: skip
    assert found[1].differs_from(found[0]) == ['ROS_DOMAIN_ID=4']


def test_busy_share(proc: Path) -> None:
    busy_share()
    # 100 ticks later, 25 of them idle or waiting for a disk.
    write_stat(proc, 'cpu  85 0 10 90 15 0 0 0 5 0')
    assert busy_share() == 0.75


def test_without_psutil_nothing_is_known_and_nothing_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(processes, 'psutil', None)
    assert ros_processes() == [] and busy_share() is None


def test_topics_are_found_by_parameters_and_where_they_were_remapped() -> None:
    parameters = {
        'cameras': ['front', 'rear'],
        'front.image_topic': 'front/image_raw', 'front.image_transport': 'raw',
        'rear.image_topic': '/rear/image_raw', 'rear.image_transport': 'compressed',
    }  # fmt: skip
    front = Subscription('/bot/classifier', 'front', IMAGE)
    rear = Subscription('/bot/classifier', 'rear', COMPRESSED)
    told = {'/bot/front/image_raw': front, '/rear/image_raw/compressed': rear}
    assert wanted_topics('/bot/classifier', parameters, ()) == told
    assert wanted_topics('/bot/classifier', parameters, tuple(told)) == told
    # Where the base topic alone carries compressed images, the node takes that.
    base = ('/bot/front/image_raw', '/rear/image_raw')
    assert wanted_topics('/bot/classifier', parameters, base)[base[1]] == rear
    suffixed = parameters | {'rear.image_topic': '/rear/image_raw/compressed'}
    assert wanted_topics('/bot/classifier', suffixed, ()) == told
    remapped = ('/bot/front/image_raw', '/elsewhere')
    assert wanted_topics('/bot/classifier', parameters, remapped) == {
        '/bot/front/image_raw': front, '/elsewhere': rear,
    }  # fmt: skip
    assert wanted_topics('/bot/classifier', {}, ('/x',)) == {'/x': Subscription('/bot/classifier')}


def test_topics_of_regions_are_found_with_the_images_that_they_belong_to() -> None:
    parameters = {
        'cameras': ['front', 'rear'],
        'front.image_topic': 'front/image_raw', 'rear.image_topic': '/rear/image_raw',
        'rear.regions_topic': 'boxes', 'rear.regions_classes': ['', 'car'],
    }  # fmt: skip
    images = ('/bot/front/image_raw', '/rear/image_raw')
    (found,) = wanted_regions('/bot/classifier', parameters, (), ())
    assert (found.camera, found.topic, found.image_topic) == ('rear', '/bot/boxes', images[1])
    assert found.rules.classes == ('car',) and found.rules.min_pixels == 8
    assert wanted_regions('/bot/classifier', parameters, images, ('/bot/boxes',)) == [found]
    remapped = (images[0], '/elsewhere')
    assert wanted_regions('/bot/classifier', parameters, remapped, ('/map/boxes',)) == [
        found._replace(topic='/map/boxes', image_topic='/elsewhere')
    ]
