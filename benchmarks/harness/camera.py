# SPDX-License-Identifier: Apache-2.0
"""A synthetic camera in a process of its own: `python -m benchmarks.harness.camera --help`."""

import argparse
import array
import time
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import rclpy
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CompressedImage, Image
from vision_msgs.msg import BoundingBox2D, Detection2D, Detection2DArray

from mobilenet_perception.ros.messages import stamp_ns

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
    parser.add_argument('--jpeg', action='store_true', help='publish compressed images')
    parser.add_argument('--regions', type=int, default=0, help='of each frame, on /camera/boxes')
    parser.add_argument('--sent', type=Path, help='write the stamps of the frames, one a line')
    options = parser.parse_args()
    rclpy.init()
    node = rclpy.create_node('benchmark_camera')
    reliability = ReliabilityPolicy.RELIABLE if options.reliable else ReliabilityPolicy.BEST_EFFORT
    qos = QoSProfile(depth=1, reliability=reliability)
    kind = CompressedImage if options.jpeg else Image
    publishers = [node.create_publisher(kind, topic, qos) for topic in options.topics]
    boxes = node.create_publisher(Detection2DArray, '/camera/boxes', qos)
    awaited = [*publishers, *([boxes] if options.regions else [])]
    while not all(publisher.get_subscription_count() for publisher in awaited):
        time.sleep(0.05)
    generator = np.random.default_rng(0)
    pixels = generator.integers(0, 256, (options.height, options.width, 3), np.uint8)
    data = array.array('B', _jpeg(pixels) if options.jpeg else pixels.tobytes())
    found = _found(options.regions, options.width, options.height)
    stamps: list[int] = []
    start = time.monotonic()
    for number in range(options.frames):
        time.sleep(max(0.0, start + number / options.rate - time.monotonic()))
        for publisher in publishers:
            message = _message(options)
            message.data = data
            message.header.frame_id = 'benchmark'
            if generator.random() < options.broken:
                for field, value in _BROKEN[generator.integers(len(_BROKEN))].items():
                    setattr(message, field, value)
            message.header.stamp = node.get_clock().now().to_msg()
            stamps.append(stamp_ns(message.header))
            if options.regions:
                # Before the frame: no detector's time is in its age.
                found.header = message.header
                boxes.publish(found)
            publisher.publish(message)
    if options.sent:
        options.sent.write_text(''.join(f'{stamp}\n' for stamp in stamps), encoding='utf-8')
    rclpy.shutdown()


def _message(options: argparse.Namespace) -> Image | CompressedImage:
    if options.jpeg:
        return CompressedImage(format='bgr8; jpeg compressed bgr8')
    size = {'height': options.height, 'width': options.width}
    return Image(encoding='bgr8', step=3 * options.width, **size)


def _jpeg(pixels: npt.NDArray[np.uint8]) -> bytes:
    """Return noise as a JPEG of about the size that a photograph has: without its finest grain."""
    height, width = pixels.shape[:2]
    smooth = cv2.resize(pixels[: height // 8, : width // 8], (width, height))
    return bytes(cv2.imencode('.jpg', smooth)[1])


def _found(count: int, width: int, height: int) -> Detection2DArray:
    """Return squares of a fifth of the height, at random places."""
    generator = np.random.default_rng(0)
    side = 0.2 * height
    message = Detection2DArray()
    for number in range(count):
        bbox = BoundingBox2D(size_x=side, size_y=side)
        bbox.center.position.x = float(generator.uniform(side / 2, width - side / 2))
        bbox.center.position.y = float(generator.uniform(side / 2, height - side / 2))
        message.detections.append(Detection2D(id=str(number), bbox=bbox))
    return message


if __name__ == '__main__':
    main()
