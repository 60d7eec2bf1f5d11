# SPDX-License-Identifier: Apache-2.0
"""What is read of processes and of the processor, from trees of files as the kernel shows them."""

from pathlib import Path

from mobilenet_perception.tools.doctor.machine import Times, busy_share, processor_times
from mobilenet_perception.tools.doctor.processes import RosProcess, ros_processes
from mobilenet_perception.tools.doctor.ros.graph import Subscription, wanted_topics

IMAGE, COMPRESSED = 'sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage'


def write_process(root: Path, pid: int, command: str, environment: str, library: str) -> None:
    (root / str(pid)).mkdir()
    (root / str(pid) / 'maps').write_text(f'7f00-7f01 r-xp 0 fe:00 1 /opt/ros/lib/{library}\n')
    (root / str(pid) / 'cmdline').write_text(command.replace(' ', '\0') + '\0')
    (root / str(pid) / 'environ').write_text(environment.replace(' ', '\0') + '\0')


def test_ros_processes_and_nothing_else_of_their_environment(tmp_path: Path) -> None:
    write_process(tmp_path, 12, 'python3 -m driver', 'ROS_DOMAIN_ID=4 TOKEN=x', 'librcl.so')
    write_process(tmp_path, 7, '/opt/camera --fast', 'HOME=/root', 'librcl.so')
    write_process(tmp_path, 9, 'bash', 'ROS_DOMAIN_ID=4', 'libc.so')
    (tmp_path / '13').mkdir()
    found = ros_processes(tmp_path)
    assert found == [
        RosProcess(7, 'camera', {}), RosProcess(12, 'driver', {'ROS_DOMAIN_ID': '4'}),
    ]  # fmt: skip
    assert found[1].differs_from(found[0]) == ['ROS_DOMAIN_ID=4']


def test_busy_share(tmp_path: Path) -> None:
    (tmp_path / 'proc').mkdir()
    (tmp_path / 'proc' / 'stat').write_text('cpu  10 0 10 70 10 0 0 0 5 0\ncpu0 1 1\n')
    before = processor_times(tmp_path)
    assert before == Times(100, 80)
    assert busy_share(before, Times(200, 105)) == 0.75
    assert busy_share(before, before) is None
    assert processor_times(tmp_path / 'absent') is None


def test_topics_are_found_by_parameters_and_where_they_were_remapped() -> None:
    parameters = {
        'cameras': ['front', 'rear'],
        'front.image_topic': 'front/image_raw', 'front.image_transport': 'raw',
        'rear.image_topic': '/rear/image_raw', 'rear.image_transport': 'compressed',
    }  # fmt: skip
    front = Subscription('/bot/classifier', 'front', IMAGE)
    rear = Subscription('/bot/classifier', 'rear', COMPRESSED)
    told = {'/bot/front/image_raw': front, '/rear/image_raw': rear}
    assert wanted_topics('/bot/classifier', parameters, ()) == told
    assert wanted_topics('/bot/classifier', parameters, tuple(told)) == told
    remapped = ('/bot/front/image_raw', '/elsewhere')
    assert wanted_topics('/bot/classifier', parameters, remapped) == {
        '/bot/front/image_raw': front, '/elsewhere': rear,
    }  # fmt: skip
    assert wanted_topics('/bot/classifier', {}, ('/x',)) == {'/x': Subscription('/bot/classifier')}
