# SPDX-License-Identifier: Apache-2.0
"""Commands that play a recording to the classifier, with the arguments that it needs."""

from collections.abc import Iterator
from shlex import quote

from mobilenet_perception.recordings.cdr import COMPRESSED, IMAGE
from mobilenet_perception.recordings.reader import without_twins
from mobilenet_perception.recordings.source import camera_topic
from mobilenet_perception.tools.bags.info.camera_topic import CameraTopic
from mobilenet_perception.tools.bags.info.scan import Scan

_LAUNCH = 'ros2 launch mobilenet_perception classify.launch.py use_sim_time:=true'
# At its own 40 Hz the clock of the player would lag behind the stamps by half a budget.
_PLAY = 'ros2 bag play {} --clock 200'


def suggestions(scan: Scan, receipt: bool) -> list[str]:
    """Return commands to try, one a line; none where no camera can be played.

    Args:
        scan: of the recording.
        receipt: whether its stamps are of no use, so that budgets must count from receipt.
    """
    images = [topic for topic in scan.topics if topic.type in (IMAGE, COMPRESSED)]
    cameras = [scan.cameras[topic.name] for topic in without_twins(images)]
    cameras = [camera for camera in cameras if camera.decoded > camera.rejected.total]
    if not cameras:
        return []
    path = quote(str(scan.path))
    topics = ''
    if len(cameras) < len(images):
        topics = ''.join(f' --topic {quote(camera.topic)}' for camera in cameras)
    names = ','.join(camera.camera for camera in cameras)
    launch = f'{_LAUNCH} cameras:={names}'
    in_file = ['budget_reference: receipt'] if receipt else []
    for camera in cameras:
        for name, value in _arguments(camera):
            # The launch file takes these for one camera.
            if len(cameras) == 1:
                launch += f' {name}:={quote(value)}'
            else:
                in_file.append(f'{camera.camera}.{name}: {value}')
    if in_file:
        launch += f' params_file:=...   # which sets {", ".join(in_file)}'
    return [
        f'python -m mobilenet_perception replay {path}{topics}',
        launch,
        _PLAY.format(path),
    ]


def _arguments(camera: CameraTopic) -> Iterator[tuple[str, str]]:
    """Yield what differs from the node's defaults."""
    if camera.topic != camera_topic(camera.camera, compressed=False):
        yield 'image_topic', camera.topic
    if camera.transport != 'raw':
        yield 'image_transport', camera.transport
