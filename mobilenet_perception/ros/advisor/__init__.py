# SPDX-License-Identifier: Apache-2.0
"""The node `advisor`: decisions in; speed limits, a stop signal and their reasons out."""

from mobilenet_perception.ros.advisor.node import main

__all__ = ['main']
