# SPDX-License-Identifier: Apache-2.0
"""Camera messages without ROS: what one looks like, and records with the fields of sensor_msgs."""

from array import array
from typing import NamedTuple, Protocol, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from mobilenet_perception.errors import FrameError
from mobilenet_perception.frames.frame import Limits

# rclpy gives array.array, rosbags gives numpy arrays, tests and tools give bytes.
# (A string, because array.array takes no subscript at run time before Python 3.12.)
ByteData: TypeAlias = 'bytes | bytearray | memoryview | array[int] | npt.NDArray[np.uint8]'


class ImageLike(Protocol):
    """The fields of sensor_msgs/Image that matter here (its definition gives their meaning)."""

    @property
    def height(self) -> int:
        """Rows, in pixels."""

    @property
    def width(self) -> int:
        """Columns, in pixels."""

    @property
    def encoding(self) -> str:
        """Name of the pixel format."""

    @property
    def is_bigendian(self) -> int | bool:
        """Byte order of 16-bit samples."""

    @property
    def step(self) -> int:
        """Length of a row in bytes, padding included."""

    @property
    def data(self) -> ByteData:
        """The pixels."""


class CompressedImageLike(Protocol):
    """The fields of sensor_msgs/CompressedImage that matter here."""

    @property
    def format(self) -> str:
        """What the publisher says the data is."""

    @property
    def data(self) -> ByteData:
        """A JPEG or PNG file."""


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


def view_bytes(data: ByteData, limits: Limits) -> npt.NDArray[np.uint8]:
    """Return the data of a message as (size,) uint8, without copying it.

    Raises:
        FrameError: the data is empty, larger than `limits`, or no contiguous run of bytes.
    """
    try:
        limits.check_size(len(data))
        return np.frombuffer(data, np.uint8)
    except (TypeError, ValueError, BufferError) as error:
        raise FrameError(f'the data of the image is no run of bytes: {error}') from error
