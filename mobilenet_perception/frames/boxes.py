# SPDX-License-Identifier: Apache-2.0
"""Boxes in a camera's image, as detectors and maps publish them (Detection2DArray)."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple


class Box(NamedTuple):
    """A box as it came, in pixels of the camera.

    Attributes:
        id: of the thing, the same from frame to frame; empty: not known again.
        x: centre, to the right.
        y: centre, downwards.
        width: side along the box's own horizontal.
        height: side along its own vertical.
        theta: its turn, in radians, clockwise in the image.
        labels: what the detector takes it for; empty: anything.
    """

    id: str
    x: float
    y: float
    width: float
    height: float
    theta: float = 0.0
    labels: Sequence[str] = ()


def boxes(message: Any) -> Iterator[Box]:
    """Yield the boxes of a message, one as it is asked for.

    Args:
        message: shaped like vision_msgs/Detection2DArray, of ROS or of a recording.
    """
    for detection in message.detections:
        bbox = detection.bbox
        yield Box(
            detection.id,
            bbox.center.position.x,
            bbox.center.position.y,
            bbox.size_x,
            bbox.size_y,
            bbox.center.theta,
            [result.hypothesis.class_id for result in detection.results],
        )
