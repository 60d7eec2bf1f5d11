# SPDX-License-Identifier: Apache-2.0
"""CDR, the serialised form of camera messages as bags hold them."""

import struct
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np

from mobilenet_perception.frames import messages

if TYPE_CHECKING:
    from rosbags.typesys.store import Typestore

IMAGE = 'sensor_msgs/msg/Image'
COMPRESSED = 'sensor_msgs/msg/CompressedImage'
_TYPES = {messages.ImageMessage: IMAGE, messages.CompressedImageMessage: COMPRESSED}


class RecordedMessage(NamedTuple):
    """One recorded message: `cdr` is its serialised form, `log_ns` when it was written."""

    topic: str
    type: str
    log_ns: int
    cdr: bytes


@cache
def typestore() -> 'Typestore':
    """Return message definitions; those of images are the same in every ROS 2 distribution."""
    from rosbags.typesys import Stores, get_typestore  # noqa: PLC0415

    return get_typestore(Stores.ROS2_HUMBLE)


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
    types = store.types
    header = types['std_msgs/msg/Header'](
        stamp=types['builtin_interfaces/msg/Time'](*message.header.stamp),
        frame_id=message.header.frame_id,
    )
    fields = {**message._asdict(), 'header': header}
    name = message_type(message)
    return bytes(store.serialize_cdr(types[name](**fields), name))


def restamp(cdr: bytes, stamp_ns: int) -> bytes:
    """Return a serialised message with another stamp: the first field of every header."""
    order = '<' if cdr[1] & 1 else '>'
    return cdr[:4] + struct.pack(f'{order}iI', *messages.to_time(stamp_ns)) + cdr[12:]
