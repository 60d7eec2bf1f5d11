# SPDX-License-Identifier: Apache-2.0
"""Start the node, spin it, and end it in order."""

from collections.abc import Sequence

import rclpy
from rclpy.exceptions import ParameterException
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor

from mobilenet_perception.advice_node.node import AdvisorNode
from mobilenet_perception.errors import PerceptionError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the node until it is told to end.

    Returns:
        Exit status: 0; or 1 when it could not start, the reason having been logged.
    """
    rclpy.init(args=arguments)
    try:
        node = AdvisorNode()
    except (ParameterException, PerceptionError) as error:
        rclpy.logging.get_logger('advisor').fatal(str(error))
        rclpy.try_shutdown()
        return 1
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    try:
        executor.spin()
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    except RuntimeError:  # RCLError: a signal took the context away while it was being waited on
        if rclpy.ok():
            raise
    finally:
        _close(node, executor)
    return 0


def _close(node: AdvisorNode, executor: SingleThreadedExecutor) -> None:
    # A launch file's Ctrl-C comes twice; the second must not cut this short.
    try:
        executor.shutdown(timeout_sec=1.0)
        node.destroy_node()
    except KeyboardInterrupt:
        pass
    rclpy.try_shutdown()
