# SPDX-License-Identifier: Apache-2.0
"""The node of the tutorials, to compare with: ONNX Runtime and OpenCV in the callback.

As it is written first, with a queue of 10, reliable, and as many threads as there are cores; or
with `--tuned`: best effort, a queue of 1, one thread.
"""

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CompressedImage, Image
from vision_msgs.msg import Classification, ObjectHypothesis

_TUNED = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)


def main() -> None:
    """Classify every frame, in order, as it comes out of the queue."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('bundle', type=Path, help='whose most accurate network to run')
    parser.add_argument('--tuned', action='store_true')
    parser.add_argument('--jpeg', action='store_true', help='take compressed images')
    arguments = parser.parse_args()
    options = onnxruntime.SessionOptions()
    if arguments.tuned:
        cv2.setNumThreads(1)
        options.intra_op_num_threads = options.inter_op_num_threads = 1
    manifest = json.loads((arguments.bundle / 'bundle.json').read_text(encoding='utf-8'))
    variant = manifest['variants'][0]
    model = str(arguments.bundle / variant['file'])
    session = onnxruntime.InferenceSession(model, options, ['CPUExecutionProvider'])
    size, name = (variant['width'], variant['height']), session.get_inputs()[0].name
    rclpy.init()
    node = rclpy.create_node('classifier')
    publisher = node.create_publisher(Classification, '~/camera/classification', 10)

    def on_image(message: Image | CompressedImage) -> None:
        bgr = cv2.resize(_pixels(message), size, interpolation=cv2.INTER_AREA)
        rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
        (scores,) = session.run(None, {name: rgb[None]})[0]
        best = int(scores.argmax())
        result = ObjectHypothesis(class_id=manifest['labels'][best], score=float(scores[best]))
        publisher.publish(Classification(header=message.header, results=[result]))

    topic = '/camera/image_raw'
    kind, topic = (CompressedImage, f'{topic}/compressed') if arguments.jpeg else (Image, topic)
    node.create_subscription(kind, topic, on_image, _TUNED if arguments.tuned else 10)
    try:
        rclpy.spin(node)
    except (KeyboardInterrupt, ExternalShutdownException):
        rclpy.try_shutdown()


def _pixels(message: Image | CompressedImage) -> cv2.typing.MatLike:
    """Return the pixels of a JPEG or of a `bgr8` image."""
    data = np.frombuffer(message.data, np.uint8)
    if isinstance(message, CompressedImage):
        return cv2.imdecode(data, cv2.IMREAD_COLOR)
    return data.reshape(message.height, message.step // 3, 3)[:, : message.width]


if __name__ == '__main__':
    main()
