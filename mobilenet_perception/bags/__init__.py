# SPDX-License-Identifier: Apache-2.0
"""Read and write rosbag2 recordings (sqlite3, mcap) without ROS."""
