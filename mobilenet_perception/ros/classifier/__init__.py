# SPDX-License-Identifier: Apache-2.0
"""The lifecycle node `classifier`: camera topics in; labels, decisions and timing out."""

from mobilenet_perception.ros.classifier.node import main

__all__ = ['main']
