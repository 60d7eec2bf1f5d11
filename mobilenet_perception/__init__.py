# SPDX-License-Identifier: Apache-2.0
"""Classify camera frames within a latency budget, on ROS 2."""

__version__ = '0.1.0'
