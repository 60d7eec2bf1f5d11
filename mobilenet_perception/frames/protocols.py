# SPDX-License-Identifier: Apache-2.0
"""What a camera message looks like: any object with these attributes will do, ROS or not."""

from array import array
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from mobilenet_perception.errors import FrameError
from mobilenet_perception.frames.limits import Limits, check_size

# rclpy gives array.array, rosbags gives numpy arrays, tests and tools give bytes.
# (A string, because array.array takes no subscript at run time before Python 3.12.)
ByteData: TypeAlias = 'bytes | bytearray | memoryview | array[int] | npt.NDArray[np.uint8]'


class ImageMessage(Protocol):
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


class CompressedImageMessage(Protocol):
    """The fields of sensor_msgs/CompressedImage that matter here."""

    @property
    def format(self) -> str:
        """What the publisher says the data is."""

    @property
    def data(self) -> ByteData:
        """A JPEG or PNG file."""


def view_bytes(data: ByteData, limits: Limits) -> npt.NDArray[np.uint8]:
    """Return the data of a message as (size,) uint8, without copying it.

    Raises:
        FrameError: the data is empty, larger than `limits`, or no contiguous run of bytes.
    """
    try:
        check_size(len(data), limits)
        return np.frombuffer(data, np.uint8)
    except (TypeError, ValueError, BufferError) as error:
        raise FrameError(f'the data of the image is no run of bytes: {error}') from error
