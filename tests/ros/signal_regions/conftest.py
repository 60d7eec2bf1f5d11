# SPDX-License-Identifier: Apache-2.0
"""The node's tests need ROS 2."""

import pytest

pytest.importorskip('rclpy', reason='needs rclpy: ROS 2 or its wheels')
pytest.importorskip('vision_msgs', reason='needs vision_msgs, which `make setup` builds')
