# SPDX-License-Identifier: Apache-2.0
"""CDR, the serialised form of camera messages, and of regions of theirs, as bags hold them."""

import struct
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np

from mobilenet_perception.frames import messages
from mobilenet_perception.frames.boxes import Box, boxes

if TYPE_CHECKING:
    from rosbags.typesys.store import Typestore

IMAGE = 'sensor_msgs/msg/Image'
COMPRESSED = 'sensor_msgs/msg/CompressedImage'
DETECTIONS = 'vision_msgs/msg/Detection2DArray'
_TYPES = {messages.ImageMessage: IMAGE, messages.CompressedImageMessage: COMPRESSED}
# Fields as of vision_msgs 4 (Humble and newer), which rosbags does not know. Comments are no part
# of a definition's hash: theirs are upstream's.
_VISION_MSGS = {
    'Point2D': 'float64 x\nfloat64 y',
    'Pose2D': 'vision_msgs/Point2D position\nfloat64 theta',
    'BoundingBox2D': 'vision_msgs/Pose2D center\nfloat64 size_x\nfloat64 size_y',
    'ObjectHypothesis': 'string class_id\nfloat64 score',
    'ObjectHypothesisWithPose': (
        'vision_msgs/ObjectHypothesis hypothesis\ngeometry_msgs/PoseWithCovariance pose'
    ),
    'Detection2D': (
        'std_msgs/Header header\nvision_msgs/ObjectHypothesisWithPose[] results\n'
        'vision_msgs/BoundingBox2D bbox\nstring id'
    ),
    'Detection2DArray': 'std_msgs/Header header\nvision_msgs/Detection2D[] detections',
}


class RecordedMessage(NamedTuple):
    """One recorded message: `cdr` is its serialised form, `log_ns` when it was written."""

    topic: str
    type: str
    log_ns: int
    cdr: bytes


@cache
def typestore() -> 'Typestore':
    """Return message definitions; those used here are the same in Humble and newer."""
    from rosbags.typesys import Stores, get_types_from_msg, get_typestore  # noqa: PLC0415

    store = get_typestore(Stores.ROS2_HUMBLE)
    for name, fields in _VISION_MSGS.items():
        store.register(get_types_from_msg(fields, f'vision_msgs/msg/{name}'))
    return store


def message_type(message: messages.Message) -> str:
    """Return the ROS type of a message, such as `sensor_msgs/msg/Image`."""
    return _TYPES[type(message)]


def deserialize(recorded: RecordedMessage) -> messages.Message:
    """Read a recorded camera message.

    A message too damaged to read becomes an image of no pixels, stamped with the time of its
    recording, so that it is counted and rejected like any malformed frame.
    """
    try:
        value = cast(Any, typestore().deserialize_cdr(recorded.cdr, recorded.type))
        header = messages.Header(
            messages.Time(value.header.stamp.sec, value.header.stamp.nanosec),
            value.header.frame_id,
        )
        if recorded.type == COMPRESSED:
            return messages.CompressedImageMessage(header, value.format, value.data)
        return messages.ImageMessage(
            header, value.height, value.width, value.encoding, value.is_bigendian, value.step,
            value.data,
        )  # fmt: skip
    # The parser indexes into the bytes unchecked, and raises what comes of it.
    except Exception:
        header = messages.Header(messages.to_time(recorded.log_ns), '')
        return messages.ImageMessage(header, 0, 0, 'damaged', 0, 0, np.empty(0, np.uint8))


def serialize(message: messages.Message) -> bytes:
    """Return the little-endian CDR form of a message."""
    store = typestore()
    fields = {**message._asdict(), 'header': _header(message.header)}
    name = message_type(message)
    return bytes(store.serialize_cdr(store.types[name](**fields), name))


def deserialize_boxes(recorded: RecordedMessage) -> tuple[messages.Header, tuple[Box, ...]] | None:
    """Read recorded boxes, with the header of their image; None: the message is damaged."""
    try:
        value = cast(Any, typestore().deserialize_cdr(recorded.cdr, recorded.type))
        stamp = messages.Time(value.header.stamp.sec, value.header.stamp.nanosec)
        return messages.Header(stamp, value.header.frame_id), tuple(boxes(value))
    # As above.
    except Exception:
        return None


def serialize_boxes(header: messages.Header, found: Iterable[Box]) -> bytes:
    """Return boxes as a little-endian Detection2DArray in CDR; hypotheses have the score 1."""
    store = typestore()
    types = store.types
    made = _header(header)
    pose = _no_pose()

    def of(name: str, *values: Any) -> Any:
        return types[f'vision_msgs/msg/{name}'](*values)

    detections = [
        of(
            'Detection2D',
            made,
            [
                of('ObjectHypothesisWithPose', of('ObjectHypothesis', label, 1.0), pose)
                for label in box.labels
            ],
            of(
                'BoundingBox2D',
                of('Pose2D', of('Point2D', box.x, box.y), box.theta),
                box.width,
                box.height,
            ),
            box.id,
        )
        for box in found
    ]
    return bytes(store.serialize_cdr(of('Detection2DArray', made, detections), DETECTIONS))


def restamp(cdr: bytes, stamp_ns: int) -> bytes:
    """Return a serialised message with another stamp: the first field of every header."""
    order = '<' if cdr[1] & 1 else '>'
    return cdr[:4] + struct.pack(f'{order}iI', *messages.to_time(stamp_ns)) + cdr[12:]


def _header(header: messages.Header) -> Any:
    types = typestore().types
    stamp = types['builtin_interfaces/msg/Time'](*header.stamp)
    return types['std_msgs/msg/Header'](stamp=stamp, frame_id=header.frame_id)


def _no_pose() -> Any:
    types = typestore().types
    point = types['geometry_msgs/msg/Point'](0.0, 0.0, 0.0)
    turn = types['geometry_msgs/msg/Quaternion'](0.0, 0.0, 0.0, 1.0)
    pose = types['geometry_msgs/msg/Pose'](point, turn)
    return types['geometry_msgs/msg/PoseWithCovariance'](pose, np.zeros(36))
