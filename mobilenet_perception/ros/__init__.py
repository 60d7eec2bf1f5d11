# SPDX-License-Identifier: Apache-2.0
"""The ROS shell: rclpy is imported below this folder, and below `tools/*/ros`."""
