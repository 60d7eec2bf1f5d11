# SPDX-License-Identifier: Apache-2.0
"""A process of one camera and of detectors, each with the trouble that it is named after."""

import array
import math
import sys
import time

import rclpy
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from vision_msgs.msg import (
    BoundingBox2D,
    Classification,
    Detection2D,
    Detection2DArray,
    ObjectHypothesis,
    ObjectHypothesisWithPose,
)

from mobilenet_perception.ros.messages import time_message

PERIOD_S = 0.05
WIDTH, HEIGHT = 160, 120
_SECOND = 10**9
_AGES_S = {'unstamped': 0.007, 'aged': 0.9, 'otherwhere': 3600.0}


class Detector:
    """One topic of boxes."""

    def __init__(self, node: Node, trouble: str) -> None:
        self._trouble = trouble
        kind = Classification if trouble == 'typed' else Detection2DArray
        policy = (
            ReliabilityPolicy.BEST_EFFORT if trouble == 'lossy' else ReliabilityPolicy.RELIABLE
        )
        qos = QoSProfile(depth=5, reliability=policy)
        self._kind = kind
        self._publishers = [
            node.create_publisher(kind, f'/{trouble}/boxes', qos)
            for _ in range(2 if trouble == 'twice' else 1)
        ]

    def publish(self, number: int, stamp_ns: int) -> None:
        """Publish the boxes of frame `number`, captured at `stamp_ns`, as the trouble has it."""
        if self._trouble == 'paused':
            return
        stamp_ns -= round(_AGES_S.get(self._trouble, 0.0) * _SECOND)
        header = Header(stamp=time_message(stamp_ns))
        message = self._kind(header=header)
        if self._kind is Detection2DArray:
            message.detections = [self._box(number, place) for place in range(2)]
        for publisher in self._publishers:
            publisher.publish(message)

    def _box(self, number: int, place: int) -> Detection2D:
        trouble = self._trouble
        scale = {'outside': 10.0, 'shares': 1 / WIDTH, 'small': 0.1}.get(trouble, 1.0)
        bbox = BoundingBox2D(size_x=40.0 * scale, size_y=40.0 * scale)
        bbox.center.position.x = math.nan if trouble == 'numbers' else 60.0 * (place + 1) * scale
        bbox.center.position.y = 60.0 * scale
        name = {'nameless': '', 'anew': f'{number}.{place}', 'doubled': '7'}.get(
            trouble, str(place)
        )
        hypothesis = ObjectHypothesis(class_id='traffic light', score=0.5)
        results = [] if trouble == 'plain' else [ObjectHypothesisWithPose(hypothesis=hypothesis)]
        return Detection2D(id=name, bbox=bbox, results=results)


def main(troubles: list[str]) -> None:
    """Publish until interrupted."""
    rclpy.init()
    node = rclpy.create_node('planted_regions')
    camera = node.create_publisher(Image, '/camera/image_raw', 5)
    detectors = [Detector(node, trouble) for trouble in troubles]
    pixels = array.array('B', bytes(range(120)) * (WIDTH * HEIGHT * 3 // 120))
    start_ns, number = time.time_ns(), 0
    try:
        while rclpy.ok():
            stamp_ns = start_ns + round(number * PERIOD_S * _SECOND)
            time.sleep(max(0.0, (stamp_ns - time.time_ns()) / _SECOND))
            image = Image(
                header=Header(stamp=time_message(stamp_ns)), height=HEIGHT, width=WIDTH,
                encoding='rgb8', step=3 * WIDTH, data=pixels,
            )  # fmt: skip
            camera.publish(image)
            for detector in detectors:
                detector.publish(number, stamp_ns)
            number += 1
    except (KeyboardInterrupt, RuntimeError):
        pass


if __name__ == '__main__':
    main(sys.argv[1:])
