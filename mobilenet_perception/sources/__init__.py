# SPDX-License-Identifier: Apache-2.0
"""Camera frames from an image folder, a video, a rosbag2 recording or a drawn drive."""

from mobilenet_perception.sources.frame import SourceFrame
from mobilenet_perception.sources.open import Camera, Source, open_source

__all__ = ['Camera', 'Source', 'SourceFrame', 'open_source']
