# SPDX-License-Identifier: Apache-2.0
"""Start the node, spin it, and end it in order."""

import sys
from collections.abc import Sequence

import cv2
import rclpy
from rclpy.exceptions import ParameterException
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor

from mobilenet_perception.classifier_node.node import ClassifierNode

_SWITCH_INTERVAL_S = 0.0005


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the node until it is told to end.

    Returns:
        Exit status: 0; or 1 when it could not start, the reason having been logged.
    """
    # One frame at a time, and small ones: OpenCV's threads cost more than they give.
    cv2.setNumThreads(1)
    # The worker must not wait 5 ms, Python's default, for the executor's thread to let go.
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    rclpy.init(args=arguments)
    try:
        node = ClassifierNode()
    except ParameterException as error:
        rclpy.logging.get_logger('classifier').fatal(str(error))
        rclpy.try_shutdown()
        return 1
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    try:
        if node.autostart and not node.start():
            return 1
        executor.spin()
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    except RuntimeError:  # RCLError: a signal took the context away while it was being waited on
        if rclpy.ok():
            raise
    finally:
        _close(node, executor)
    return 0


def _close(node: ClassifierNode, executor: SingleThreadedExecutor) -> None:
    # A launch file's Ctrl-C comes twice; the second must not cut this short.
    try:
        node.close()
        executor.shutdown(timeout_sec=1.0)
        node.destroy_node()
    except KeyboardInterrupt:
        pass
    rclpy.try_shutdown()
