# SPDX-License-Identifier: Apache-2.0
"""Recordings with whatever frames, stamps and damage a test asks for."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rosbags.rosbag2 import StoragePlugin, Writer

from mobilenet_perception.frames.messages import ImageMessage, Message, image_message
from mobilenet_perception.recordings.cdr import message_type, serialize, typestore

START_NS = 1_700_000_000 * 10**9
MS = 10**6


def frame(
    rgb: npt.NDArray[np.uint8], at_ms: float, topic: str = '/front/image_raw', age_ms: float = 5.0
) -> tuple[str, int, ImageMessage]:
    """Return a frame recorded at a time, and captured so long before."""
    log_ns = START_NS + round(at_ms * MS)
    return topic, log_ns, image_message(rgb, log_ns - round(age_ms * MS), 'optical_frame')


def of_bits(recorded: tuple[str, int, ImageMessage], bits: int) -> tuple[str, int, ImageMessage]:
    """Return an rgb8 frame as a sensor of so many bits gives it: rgb16, right-aligned."""
    topic, log_ns, message = recorded
    # Levels of a sensor, not of 8 bits moved up: else they would be taken for left-aligned.
    samples = (message.data.astype('<u2') << (bits - 8)) + 3
    wide = message._replace(encoding='rgb16', step=2 * message.step, data=samples.view(np.uint8))
    return topic, log_ns, wide


def write_recording(
    path: Path, frames: Iterable[tuple[str, int, Message]], storage: str = 'mcap'
) -> Path:
    """Write frames, each with its topic and time of recording."""
    connections = {}
    plugin = StoragePlugin[storage.upper()]
    with Writer(path, version=8, storage_plugin=plugin) as writer:
        for topic, log_ns, message in frames:
            if topic not in connections:
                connections[topic] = writer.add_connection(
                    topic, message_type(message), typestore=typestore()
                )
            writer.write(connections[topic], log_ns, serialize(message))
    return path
