# SPDX-License-Identifier: Apache-2.0
"""A process of cameras, one on each topic, each with the trouble that it is named after."""

import array
import random
import sys
import time
from collections.abc import Callable

import rclpy
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CompressedImage, Image

from mobilenet_perception.ros.messages import time_message
from tests.support.tiny_bundle import plain_image

PERIOD_S = 0.04
_BEST_EFFORT = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)
_SECOND = 10**9
# Frames after which a listener has surely had some.
_FEW = 25


class Planted:
    """One camera."""

    def __init__(self, node: Node, trouble: str) -> None:
        kind = CompressedImage if trouble == 'compressed' else Image
        reliable = trouble != 'reliability'
        qos = QoSProfile(depth=5) if reliable else _BEST_EFFORT
        topic = f'/{trouble}/image_raw'
        self._trouble = trouble
        self._chance = random.Random(0)
        self._publishers = [node.create_publisher(kind, topic, qos)]
        if trouble == 'twice':
            self._publishers.append(node.create_publisher(kind, topic, qos))
        # Above the size that Fast DDS's default segment holds.
        side = 360 if trouble == 'lossy' else 40
        image = plain_image('red', side, 2 * side)
        self._height, self._width = image.shape[:2]
        self._pixels = array.array('B', image.tobytes())

    @property
    def has_listener(self) -> bool:
        """Whether somebody listens."""
        return bool(self._publishers[0].get_subscription_count())

    def publish(self, number: int, stamp_ns: int) -> None:
        """Publish frame `number`, captured at `stamp_ns`, as the trouble has it."""
        if self._trouble == 'paused' or (self._trouble == 'slow' and number % 15):
            return
        # By chance: a camera that leaves out every third alternates, and skips nothing.
        if self._trouble == 'uneven' and self._chance.random() < 1 / 3:
            return
        for publisher in self._publishers:
            publisher.publish(self._message(_STAMPS.get(self._trouble, _own)(stamp_ns, number)))

    def _message(self, stamp_ns: int) -> Image | CompressedImage:
        if self._trouble == 'compressed':
            message = CompressedImage(format='jpeg', data=self._pixels)
        else:
            message = Image(
                height=self._height, width=self._width, step=3 * self._width, encoding='rgb8',
                data=self._pixels,
            )  # fmt: skip
            message.encoding = 'rgb9' if self._trouble == 'encoding' else 'rgb8'
            if self._trouble == 'truncated':
                message.data = self._pixels[:100]
        message.header.stamp = time_message(stamp_ns)
        return message


def _own(stamp_ns: int, number: int) -> int:
    return stamp_ns


_STAMPS: dict[str, Callable[[int, int], int]] = {
    'unstamped': lambda stamp_ns, number: 0,
    'future': lambda stamp_ns, number: stamp_ns + 3600 * _SECOND,
    'old': lambda stamp_ns, number: stamp_ns - 20 * _SECOND,
    'backward': lambda stamp_ns, number: stamp_ns - (number % 5 == 4) * _SECOND,
}


def main(troubles: list[str]) -> None:
    """Publish until interrupted; says `ready`, and `heard` once somebody has listened for a while.

    Stamps keep the pace even where this process does not.
    """
    rclpy.init()
    node = rclpy.create_node('planted')
    cameras = [Planted(node, trouble) for trouble in troubles]
    print('ready', flush=True)
    start_ns, number, heard = time.time_ns(), 0, 0
    try:
        while rclpy.ok():
            stamp_ns = start_ns + round(number * PERIOD_S * _SECOND)
            time.sleep(max(0.0, (stamp_ns - time.time_ns()) / _SECOND))
            for camera in cameras:
                camera.publish(number, stamp_ns)
            number += 1
            heard += all(camera.has_listener for camera in cameras)
            if heard == _FEW:
                print('heard', flush=True)
    except (KeyboardInterrupt, RuntimeError):
        pass
    finally:
        # Not left to the end of the interpreter, which takes things down in no order.
        node.destroy_node()
        rclpy.try_shutdown()


if __name__ == '__main__':
    main(sys.argv[1:])
