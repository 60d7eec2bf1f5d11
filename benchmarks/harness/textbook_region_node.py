# SPDX-License-Identifier: Apache-2.0
"""The tutorials' node behind a detector, to compare with: crop after crop in the callback."""

import sys
from collections import deque
from pathlib import Path

import rclpy
from rclpy.executors import ExternalShutdownException
from sensor_msgs.msg import Image
from vision_msgs.msg import Detection2DArray

from mobilenet_perception.frames import decode
from mobilenet_perception.frames.boxes import boxes
from mobilenet_perception.inference.bundle import load_bundle
from mobilenet_perception.inference.classifier import Classifier
from mobilenet_perception.inference.runtimes import create_runtime
from mobilenet_perception.pipeline.decision import ScoredLabel
from mobilenet_perception.pipeline.regions import RegionRules, choose_regions
from mobilenet_perception.pipeline.result import TopOfRegion
from mobilenet_perception.ros.messages import detections, stamp_ns

_RULES = RegionRules(margin=0.0, most=64)


def main() -> None:
    """Classify every box of every frame, in order, as it comes out of a queue of 10, reliable."""
    classifier = Classifier(load_bundle(Path(sys.argv[1])), create_runtime())
    rclpy.init()
    node = rclpy.create_node('classifier')
    publisher = node.create_publisher(Detection2DArray, '~/camera/detections', 10)
    found: deque[Detection2DArray] = deque(maxlen=20)

    def on_boxes(message: Detection2DArray) -> None:
        found.append(message)

    def on_image(message: Image) -> None:
        own = next((each for each in found if each.header.stamp == message.header.stamp), None)
        if own is None and not found:
            return
        frame = decode(message)
        answers = []
        regions = choose_regions(boxes(own or found[-1]), stamp_ns(message.header), _RULES)
        for region in regions.regions:
            scores = classifier.classify(frame, region.roi).scores
            best = ScoredLabel(classifier.labels[scores.argmax()], float(scores.max()))
            answers.append(TopOfRegion(region, (best,)))
        publisher.publish(detections(message.header, answers))

    node.create_subscription(Detection2DArray, '/camera/boxes', on_boxes, 10)
    node.create_subscription(Image, '/camera/image_raw', on_image, 10)
    try:
        rclpy.spin(node)
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    finally:
        node.destroy_node()
        rclpy.try_shutdown()


if __name__ == '__main__':
    main()
