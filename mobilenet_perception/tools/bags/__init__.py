# SPDX-License-Identifier: Apache-2.0
"""`bag`: write, look at, label or take images out of rosbag2 recordings."""
