# SPDX-License-Identifier: Apache-2.0
"""A synthetic camera in a process of its own: `python -m benchmarks.harness.camera --help`."""

import argparse
import array
import time

import numpy as np
import rclpy
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image

_BROKEN = (
    {'encoding': 'nonsense'},
    {'height': 0},
    {'step': 1},
    {'data': array.array('B', b'\x00')},
)


def main() -> None:
    """Publish frames at a rate on an absolute schedule, some of them broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('topics', nargs='+')
    parser.add_argument('--width', type=int, default=640)
    parser.add_argument('--height', type=int, default=480)
    parser.add_argument('--rate', type=float, default=30.0, help='frames per second and topic')
    parser.add_argument('--frames', type=int, default=300, help='frames per topic')
    parser.add_argument('--broken', type=float, default=0.0, help='share of malformed frames')
    parser.add_argument('--reliable', action='store_true')
    options = parser.parse_args()
    rclpy.init()
    node = rclpy.create_node('benchmark_camera')
    reliability = ReliabilityPolicy.RELIABLE if options.reliable else ReliabilityPolicy.BEST_EFFORT
    qos = QoSProfile(depth=1, reliability=reliability)
    publishers = [node.create_publisher(Image, topic, qos) for topic in options.topics]
    while not all(publisher.get_subscription_count() for publisher in publishers):
        time.sleep(0.05)
    generator = np.random.default_rng(0)
    pixels = generator.integers(0, 256, (options.height, options.width, 3), np.uint8)
    data = array.array('B', pixels.tobytes())
    start = time.monotonic()
    for number in range(options.frames):
        time.sleep(max(0.0, start + number / options.rate - time.monotonic()))
        for publisher in publishers:
            message = Image(
                height=options.height, width=options.width, encoding='bgr8', step=3 * options.width
            )
            message.data = data
            message.header.frame_id = 'benchmark'
            if generator.random() < options.broken:
                for field, value in _BROKEN[generator.integers(len(_BROKEN))].items():
                    setattr(message, field, value)
            message.header.stamp = node.get_clock().now().to_msg()
            publisher.publish(message)
    rclpy.shutdown()


if __name__ == '__main__':
    main()
