# SPDX-License-Identifier: Apache-2.0
"""A detector node, to copy: it says where in each image the classifier is to look.

The network is no part of this package: `yolox_nano.onnx` (COCO, 416 pixels, Apache-2.0) is in
https://github.com/Megvii-BaseDetection/YOLOX/releases/tag/0.1.1rc0. Beside a camera and the
classifier:

    python examples/detector.py --ros-args -r image:=/camera/image_raw -r boxes:=/detector/boxes
    ros2 launch mobilenet_perception classify.launch.py params_file:=examples/detector.yaml

`detector.launch.py` starts both, and a video in place of the camera. Any other node that publishes
vision_msgs/Detection2DArray will do.
"""

import sys
from itertools import count

from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image
from vision_msgs.msg import BoundingBox2D, Detection2D, Detection2DArray, ObjectHypothesisWithPose
from yolox import Thing, Yolox

from mobilenet_perception.errors import FrameError
from mobilenet_perception.frames import decode
from mobilenet_perception.pipeline.regions import overlap
from mobilenet_perception.ros.process import run_node

# A thing is that of the image before whose box it overlaps by so much.
_SAME_THING = 0.3
# Images for which a thing that is not found keeps its id.
_REMEMBERED = 10


class Detector(Node):  # type: ignore[misc]
    """Node `detector`: publishes what is in each image, under the header of that image."""

    def __init__(self) -> None:
        super().__init__('detector')
        model = self.declare_parameter('model', 'yolox_nano.onnx').value
        self._yolox = Yolox(model, self.declare_parameter('least_score', 0.3).value)
        self._ids = map(str, count(1))
        # By id: a thing as it was last, and for how many images it has not been found.
        self._tracks: dict[str, tuple[Thing, int]] = {}
        self._publisher = self.create_publisher(Detection2DArray, 'boxes', 10)
        newest = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
        self.create_subscription(Image, 'image', self._detect, newest)

    def _detect(self, image: Image) -> None:
        try:
            things = self._yolox.find(decode(image).rgb())
        except FrameError as error:
            self.get_logger().warning(str(error), throttle_duration_sec=5.0)
            return
        found = [_message(thing, name) for name, thing in self._track(things).items()]
        self._publisher.publish(Detection2DArray(header=image.header, detections=found))

    def _track(self, things: list[Thing]) -> dict[str, Thing]:
        """Return things by id: that of the thing before that a box covers most, or a new one."""
        found: dict[str, Thing] = {}
        for thing in things:
            shares = {
                name: overlap(before.box, thing.box)
                for name, (before, _) in self._tracks.items()
                if name not in found and before.name == thing.name
            }
            nearest = max(shares, key=shares.__getitem__, default='')
            same = shares.get(nearest, 0.0) >= _SAME_THING
            found[nearest if same else next(self._ids)] = thing
        missing = {
            name: (thing, images + 1)
            for name, (thing, images) in self._tracks.items()
            if images < _REMEMBERED
        }
        self._tracks = missing | {name: (thing, 0) for name, thing in found.items()}
        return found


def _message(thing: Thing, name: str) -> Detection2D:
    x, y, width, height = map(float, thing.box)
    bbox = BoundingBox2D(size_x=width, size_y=height)
    bbox.center.position.x, bbox.center.position.y = x + width / 2, y + height / 2
    result = ObjectHypothesisWithPose()
    result.hypothesis.class_id, result.hypothesis.score = thing.name, thing.score
    return Detection2D(id=name, bbox=bbox, results=[result])


if __name__ == '__main__':
    sys.exit(run_node('detector', Detector))
