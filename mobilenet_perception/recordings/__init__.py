# SPDX-License-Identifier: Apache-2.0
"""Camera frames from a rosbag2 recording, a video, a folder of images or a drawn drive.

Recordings (sqlite3, mcap) are read and written without ROS.
"""

from mobilenet_perception.recordings.open import DRIVE, open_source, source_digest, source_of
from mobilenet_perception.recordings.source import EPOCH_NS, Source, SourceCamera, SourceFrame
from mobilenet_perception.recordings.storage import find_bags, find_files
from mobilenet_perception.recordings.writer import BagOptions, write_bag

__all__ = [
    'DRIVE',
    'EPOCH_NS',
    'BagOptions',
    'Source',
    'SourceCamera',
    'SourceFrame',
    'find_bags',
    'find_files',
    'open_source',
    'source_digest',
    'source_of',
    'write_bag',
]
