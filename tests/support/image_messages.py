# SPDX-License-Identifier: Apache-2.0
"""Messages shaped like sensor_msgs/Image, without ROS."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from tests.support.tiny_bundle import plain_image


@dataclass
class Image:
    """What the pipeline needs of sensor_msgs/Image."""

    height: int
    width: int
    encoding: str
    is_bigendian: int
    step: int
    data: bytes
    header: Any = field(default_factory=lambda: SimpleNamespace(frame_id='camera'))


def plain_message(label: str, height: int = 20, width: int = 30) -> Image:
    """Return an rgb8 message of the colour of a label."""
    return Image(height, width, 'rgb8', 0, 3 * width, plain_image(label, height, width).tobytes())
