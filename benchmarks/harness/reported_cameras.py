# SPDX-License-Identifier: Apache-2.0
"""Cameras that send reported frames, in one process; it writes what it sends.

Each line of the file is JSON: {"camera", "stamp_ns", "kind"} of a frame.
"""

import argparse
import array
import heapq
import itertools
import json
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import rclpy
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CompressedImage, Image

from benchmarks.harness.reported_frames import (
    IN_A_ROW,
    Message,
    Reported,
    ReportedCamera,
    reported_cameras,
)
from mobilenet_perception.ros.messages import time_message
from tests.frames.raw import RawMessage


class _Due(NamedTuple):
    """A frame, and when it is due, in seconds from the start."""

    due_s: float
    camera: str
    kind: Reported


def main() -> None:
    """Publish frames on an absolute schedule."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('sent', type=Path, help='file to write')
    parser.add_argument('--seconds', type=float, default=60.0)
    options = parser.parse_args()
    rclpy.init()
    node = rclpy.create_node('reported_cameras')
    cameras = reported_cameras()
    publishers = {
        name: node.create_publisher(*_topic(name, camera), qos_profile_sensor_data)
        for name, camera in cameras.items()
    }
    while not all(publisher.get_subscription_count() for publisher in publishers.values()):
        time.sleep(0.05)
    drawn = random.Random(0)
    start_s = time.monotonic()
    frames = heapq.merge(*(_frames(name, camera) for name, camera in cameras.items()))
    with options.sent.open('w', encoding='utf-8', buffering=1) as sent:
        for due in itertools.takewhile(lambda due: due.due_s < options.seconds, frames):
            message = _message(due.kind.message(drawn))
            time.sleep(max(0.0, start_s + due.due_s - time.monotonic()))
            stamp_ns = time.time_ns()
            message.header.stamp = time_message(stamp_ns)
            line = {'camera': due.camera, 'stamp_ns': stamp_ns, 'kind': due.kind.name}
            sent.write(json.dumps(line) + '\n')
            publishers[due.camera].publish(message)
    rclpy.shutdown()


def _topic(name: str, camera: ReportedCamera) -> tuple[type, str]:
    """Return the type and the name of its topic, as image_transport names it."""
    if camera.transport == 'compressed':
        return CompressedImage, f'/{name}/image_raw/compressed'
    return Image, f'/{name}/image_raw'


def _frames(name: str, camera: ReportedCamera) -> Iterator[_Due]:
    due_s = 0.0
    gaps_s = camera.gaps_s(random.Random(0))
    for kind in itertools.cycle(camera.kinds):
        for gap_s in itertools.islice(gaps_s, IN_A_ROW):
            yield _Due(due_s, name, kind)
            due_s += gap_s


def _message(frame: Message) -> Image | CompressedImage:
    data = array.array('B', frame.data)
    if not isinstance(frame, RawMessage):
        return CompressedImage(format=frame.format, data=data)
    return Image(
        height=frame.height,
        width=frame.width,
        encoding=frame.encoding,
        is_bigendian=frame.is_bigendian,
        step=frame.step,
        data=data,
    )


if __name__ == '__main__':
    main()
