# SPDX-License-Identifier: Apache-2.0
"""For other people's nodes: what a camera's decisions allow, without ROS, OpenCV or a runtime."""

from mobilenet_perception.planner.knowledge import CameraKnowledge, Knowledge

__all__ = ['CameraKnowledge', 'Knowledge']
