# SPDX-License-Identifier: Apache-2.0
"""The node of the tutorials, to compare with: a queue of 10, inference in the callback."""

import sys
from pathlib import Path

import rclpy
from rclpy.executors import ExternalShutdownException
from sensor_msgs.msg import Image
from vision_msgs.msg import Classification

from mobilenet_perception.frames import decode
from mobilenet_perception.inference.bundle import load_bundle
from mobilenet_perception.inference.classifier import Classifier
from mobilenet_perception.inference.runtimes import create_runtime
from mobilenet_perception.pipeline.decision import ScoredLabel
from mobilenet_perception.ros.messages import classification


def main() -> None:
    """Classify every frame, in order, as it comes out of the queue."""
    classifier = Classifier(load_bundle(Path(sys.argv[1])), create_runtime())
    rclpy.init()
    node = rclpy.create_node('classifier')
    publisher = node.create_publisher(Classification, '~/camera/classification', 10)

    def on_image(message: Image) -> None:
        scores = classifier.classify(decode(message)).scores
        best = ScoredLabel(classifier.labels[scores.argmax()], float(scores.max()))
        publisher.publish(classification(message.header, [best]))

    node.create_subscription(Image, '/camera/image_raw', on_image, 10)
    try:
        rclpy.spin(node)
    except (KeyboardInterrupt, ExternalShutdownException):
        rclpy.try_shutdown()


if __name__ == '__main__':
    main()
