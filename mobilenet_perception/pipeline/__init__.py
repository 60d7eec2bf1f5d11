# SPDX-License-Identifier: Apache-2.0
"""One outcome for each frame, within its budget: the heart of the node, without ROS."""
