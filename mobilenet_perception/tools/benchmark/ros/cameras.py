# SPDX-License-Identifier: Apache-2.0
"""Cameras in a process of their own: publish frames as their parent orders, a line an order.

With regions, where to look in a frame is published just before it: no detector's time is in it.

An order is a JSON object on stdin; when all of its frames are sent, what was sent is written to
its file, and `done NUMBER` to stdout.
"""

import argparse
import array
import json
import math
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mobilenet_perception.ros.interrupts import run_program
from mobilenet_perception.system.files import write_atomically
from mobilenet_perception.tools.benchmark.settings import regions_topic

# Of a region, as a share of the shorter side of the image: a sign some way off.
_SIDE = 0.2


class Order(NamedTuple):
    """What to publish on each topic.

    Attributes:
        number: of this order.
        rate_hz: frames a second.
        frames: how many, had none to be left out.
        sent: file for what was sent: (number of the frame, stamp in nanoseconds of each camera).
    """

    number: int
    rate_hz: float
    frames: int
    sent: str


class Cameras:
    """Cameras with a common trigger: all take their frames at once, the hardest case.

    They offer sensor data: best effort, keep last 5, as camera drivers do. What gets lost is
    not sent again, and so is seen to be lost.

    Args:
        topics: of their images.
        width: of the images, in pixels.
        height: of the images, in pixels.
        regions: of each frame; 0: none.
    """

    def __init__(self, topics: Sequence[str], width: int, height: int, regions: int = 0) -> None:
        import rclpy  # noqa: PLC0415 (`--help` needs no ROS)
        from rclpy.qos import qos_profile_sensor_data  # noqa: PLC0415
        from sensor_msgs.msg import Image  # noqa: PLC0415

        self._node = rclpy.create_node('benchmark_cameras')
        self._publishers = [
            self._node.create_publisher(Image, topic, qos_profile_sensor_data) for topic in topics
        ]
        self._boxes: Any = None
        self._region_publishers: list[Any] = []
        if regions:
            self._add_regions(topics, width, height, regions)
        # What is on it makes no difference to the time it takes.
        pixels = np.random.default_rng(0).integers(0, 256, height * width * 3, np.uint8)
        self._image: Any = Image(height=height, width=width, encoding='bgr8', step=3 * width)
        self._image.header.frame_id = 'benchmark'
        self._image.data = array.array('B', pixels.tobytes())

    def wait_for_subscribers(self) -> None:
        """Wait until every topic has a subscriber; the parent knows when to give up."""
        publishers = [*self._publishers, *self._region_publishers]
        while not all(publisher.get_subscription_count() for publisher in publishers):
            time.sleep(0.02)

    def publish(self, order: Order) -> list[tuple[int, list[int]]]:
        """Publish on an absolute schedule; returns the frames sent, with their stamps."""
        sent = []
        start = time.monotonic()
        number = 0
        while number < order.frames:
            time.sleep(max(0.0, start + number / order.rate_hz - time.monotonic()))
            sent.append((number, [self._send(index) for index in range(len(self._publishers))]))
            number = next_frame(number, time.monotonic() - start, order.rate_hz)
        return sent

    def _add_regions(self, topics: Sequence[str], width: int, height: int, count: int) -> None:
        from rclpy.qos import qos_profile_sensor_data  # noqa: PLC0415
        from vision_msgs.msg import BoundingBox2D, Detection2D, Detection2DArray  # noqa: PLC0415

        self._region_publishers = [
            self._node.create_publisher(
                Detection2DArray, regions_topic(topic), qos_profile_sensor_data
            )
            for topic in topics
        ]
        self._boxes = Detection2DArray()
        self._boxes.header.frame_id = 'benchmark'
        drawn = np.random.default_rng(0)
        for number in range(count):
            side = float(_SIDE * min(width, height))
            bbox = BoundingBox2D(size_x=side, size_y=side)
            bbox.center.position.x = float(drawn.uniform(side / 2, width - side / 2))
            bbox.center.position.y = float(drawn.uniform(side / 2, height - side / 2))
            self._boxes.detections.append(Detection2D(id=str(number), bbox=bbox))

    def _send(self, index: int) -> int:
        stamp_ns = time.time_ns()
        stamp = self._image.header.stamp
        stamp.sec, stamp.nanosec = divmod(stamp_ns, 10**9)
        if self._region_publishers:
            self._boxes.header.stamp = stamp
            self._region_publishers[index].publish(self._boxes)
        self._publishers[index].publish(self._image)
        return stamp_ns


def next_frame(number: int, elapsed_s: float, rate_hz: float) -> int:
    """Return the number of the frame to publish after another.

    Frame n is due n / rate after the start. A driver that fell behind publishes the newest frame
    that is due; those in between it never sent. So a delay makes neither a burst nor a drift.

    Args:
        number: the frame published last, from 0.
        elapsed_s: seconds since the start.
        rate_hz: frames a second.
    """
    return max(number + 1, math.floor(elapsed_s * rate_hz))


def main() -> int:
    """Publish until stdin ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('width', type=int)
    parser.add_argument('height', type=int)
    parser.add_argument('topics', nargs='+')
    parser.add_argument('--regions', type=int, default=0)
    given = parser.parse_args()
    from mobilenet_perception.ros.process import joined_ros  # noqa: PLC0415

    with joined_ros():
        cameras = Cameras(given.topics, given.width, given.height, given.regions)
        cameras.wait_for_subscribers()
        print('ready', flush=True)
        while line := sys.stdin.readline():
            order = Order(**json.loads(line))
            write_atomically(Path(order.sent), json.dumps(cameras.publish(order)))
            print(f'done {order.number}', flush=True)
    return 0


if __name__ == '__main__':
    sys.exit(run_program(main))
