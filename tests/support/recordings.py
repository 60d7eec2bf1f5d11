# SPDX-License-Identifier: Apache-2.0
"""Recordings with whatever frames, regions, stamps and damage a test asks for."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from rosbags.rosbag2 import StoragePlugin, Writer

from mobilenet_perception.frames.boxes import Box
from mobilenet_perception.frames.messages import (
    Header,
    ImageMessage,
    Message,
    image_message,
    to_time,
)
from mobilenet_perception.recordings.cdr import (
    DETECTIONS,
    message_type,
    serialize,
    serialize_boxes,
    typestore,
)
from tests.support.tiny_bundle import COLOURS

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


class Boxes(NamedTuple):
    """A message of regions."""

    header: Header
    boxes: tuple[Box, ...]


Recorded = tuple[str, int, Message | Boxes]


def regions(
    *boxes: Box, at_ms: float, topic: str = '/boxes', age_ms: float = 5.0
) -> tuple[str, int, Boxes]:
    """Return regions recorded at a time, of a frame that was captured so long before."""
    log_ns = START_NS + round(at_ms * MS)
    header = Header(to_time(log_ns - round(age_ms * MS)), 'optical_frame')
    return topic, log_ns, Boxes(header, boxes)


def striped(*labels: str) -> npt.NDArray[np.uint8]:
    """Return a picture of 60 x 20 pixels that has the colours of labels from left to right."""
    stripes = [np.full((20, 60 // len(labels), 3), COLOURS[label]) for label in labels]
    return np.asarray(np.concatenate(stripes, axis=1), np.uint8)


def stripe(name: str, place: int, of: int = 3) -> Box:
    """Return the box, ten pixels wide, in the middle of a stripe of such a picture."""
    width = 60 / of
    return Box(name, (place + 0.5) * width, 10.0, 10.0, 10.0)


def write_recording(path: Path, frames: Iterable[Recorded], storage: str = 'mcap') -> Path:
    """Write frames and regions, each with its topic and time of recording."""
    connections = {}
    plugin = StoragePlugin[storage.upper()]
    with Writer(path, version=8, storage_plugin=plugin) as writer:
        for topic, log_ns, message in frames:
            if topic not in connections:
                kind = DETECTIONS if isinstance(message, Boxes) else message_type(message)
                connections[topic] = writer.add_connection(topic, kind, typestore=typestore())
            data = serialize_boxes(*message) if isinstance(message, Boxes) else serialize(message)
            writer.write(connections[topic], log_ns, data)
    return path
