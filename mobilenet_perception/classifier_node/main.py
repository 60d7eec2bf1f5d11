# SPDX-License-Identifier: Apache-2.0
"""The classifier's process."""

import sys
from collections.abc import Sequence

import cv2

from mobilenet_perception.classifier_node.node import ClassifierNode
from mobilenet_perception.run_node import run_node

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
    return run_node(
        'classifier',
        ClassifierNode,
        arguments,
        start=lambda node: not node.autostart or node.start(),
        close=ClassifierNode.close,
    )
