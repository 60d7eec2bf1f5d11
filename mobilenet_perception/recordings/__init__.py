# SPDX-License-Identifier: Apache-2.0
"""Camera frames from an image folder, a video, a rosbag2 recording or a drawn drive.

Read and write rosbag2 recordings (sqlite3, mcap) without ROS.
"""

from mobilenet_perception.recordings.frame import SourceFrame
from mobilenet_perception.recordings.open import Camera, Source, open_source

__all__ = ['Camera', 'Source', 'SourceFrame', 'open_source']
