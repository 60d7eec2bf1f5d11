# SPDX-License-Identifier: Apache-2.0
"""Cameras in a process of their own: publish frames as their parent orders, a line an order.

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
    """

    def __init__(self, topics: Sequence[str], width: int, height: int) -> None:
        import rclpy  # noqa: PLC0415 (`--help` needs no ROS)
        from rclpy.qos import qos_profile_sensor_data  # noqa: PLC0415
        from sensor_msgs.msg import Image  # noqa: PLC0415

        self._node = rclpy.create_node('benchmark_cameras')
        self._publishers = [
            self._node.create_publisher(Image, topic, qos_profile_sensor_data) for topic in topics
        ]
        # What is on it makes no difference to the time it takes.
        pixels = np.random.default_rng(0).integers(0, 256, height * width * 3, np.uint8)
        self._image: Any = Image(height=height, width=width, encoding='bgr8', step=3 * width)
        self._image.header.frame_id = 'benchmark'
        self._image.data = array.array('B', pixels.tobytes())

    def wait_for_subscribers(self) -> None:
        """Wait until every topic has a subscriber; the parent knows when to give up."""
        while not all(publisher.get_subscription_count() for publisher in self._publishers):
            time.sleep(0.02)

    def publish(self, order: Order) -> list[tuple[int, list[int]]]:
        """Publish on an absolute schedule; returns the frames sent, with their stamps."""
        sent = []
        start = time.monotonic()
        number = 0
        while number < order.frames:
            time.sleep(max(0.0, start + number / order.rate_hz - time.monotonic()))
            sent.append((number, [self._send(publisher) for publisher in self._publishers]))
            number = next_frame(number, time.monotonic() - start, order.rate_hz)
        return sent

    def _send(self, publisher: Any) -> int:
        stamp_ns = time.time_ns()
        stamp = self._image.header.stamp
        stamp.sec, stamp.nanosec = divmod(stamp_ns, 10**9)
        publisher.publish(self._image)
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
    given = parser.parse_args()
    from mobilenet_perception.ros.process import joined_ros  # noqa: PLC0415

    with joined_ros():
        cameras = Cameras(given.topics, given.width, given.height)
        cameras.wait_for_subscribers()
        print('ready', flush=True)
        while line := sys.stdin.readline():
            order = Order(**json.loads(line))
            write_atomically(Path(order.sent), json.dumps(cameras.publish(order)))
            print(f'done {order.number}', flush=True)
    return 0


if __name__ == '__main__':
    sys.exit(run_program(main))
