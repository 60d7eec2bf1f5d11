# SPDX-License-Identifier: Apache-2.0
"""Camera messages without ROS: the fields of sensor_msgs, for sources and recordings."""

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt


class Time(NamedTuple):
    """Same fields as `builtin_interfaces/Time`."""

    sec: int
    nanosec: int


class Header(NamedTuple):
    """Same fields as `std_msgs/Header`."""

    stamp: Time
    frame_id: str


class ImageMessage(NamedTuple):
    """Same fields as `sensor_msgs/Image`, without ROS; `data` is any bytes-like object."""

    header: Header
    height: int
    width: int
    encoding: str
    is_bigendian: int
    step: int
    data: npt.NDArray[np.uint8]


class CompressedImageMessage(NamedTuple):
    """Same fields as `sensor_msgs/CompressedImage`, without ROS."""

    header: Header
    format: str
    data: npt.NDArray[np.uint8]


Message = ImageMessage | CompressedImageMessage


def to_time(stamp_ns: int) -> Time:
    """Split nanoseconds into the two fields of a stamp."""
    return Time(*divmod(stamp_ns, 10**9))


def to_nanoseconds(time: Time) -> int:
    """Return a stamp in nanoseconds."""
    return time.sec * 10**9 + time.nanosec


def image_message(rgb: npt.NDArray[np.uint8], stamp_ns: int, camera: str) -> ImageMessage:
    """Wrap (height, width, 3) uint8 RGB pixels as an `rgb8` image."""
    height, width = rgb.shape[:2]
    data = np.ascontiguousarray(rgb).reshape(-1)
    header = Header(to_time(stamp_ns), camera)
    return ImageMessage(header, height, width, 'rgb8', 0, width * 3, data)


def compress(
    rgb: npt.NDArray[np.uint8], stamp_ns: int, camera: str, quality: int = 90
) -> CompressedImageMessage:
    """Encode (height, width, 3) uint8 RGB pixels as JPEG, as `image_transport` does.

    `quality` is JPEG's, 1 to 100.
    """
    bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode('.jpg', bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    header = Header(to_time(stamp_ns), camera)
    return CompressedImageMessage(header, 'rgb8; jpeg compressed bgr8', data.reshape(-1))
