# SPDX-License-Identifier: Apache-2.0
"""Frames, and regions of theirs, from a rosbag2 recording, video, image folder or drawn drive.

Recordings (sqlite3, mcap) are read and written without ROS.
"""

from mobilenet_perception.recordings.open import DRIVE, open_source, source_digest, source_of
from mobilenet_perception.recordings.source import (
    EPOCH_NS,
    Source,
    SourceCamera,
    SourceFrame,
    SourceRegions,
)
from mobilenet_perception.recordings.storage import find_bags, find_files
from mobilenet_perception.recordings.writer import BagOptions, write_bag

__all__ = [
    'DRIVE',
    'EPOCH_NS',
    'BagOptions',
    'Source',
    'SourceCamera',
    'SourceFrame',
    'SourceRegions',
    'find_bags',
    'find_files',
    'open_source',
    'source_digest',
    'source_of',
    'write_bag',
]
