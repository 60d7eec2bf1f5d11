# SPDX-License-Identifier: Apache-2.0
"""The drawn drive past lights and signs as the frames of a camera."""

from collections.abc import Iterator

from mobilenet_perception.camera_messages import image_message
from mobilenet_perception.sources.frame import EPOCH_NS, SourceFrame


def read_drive(rate_hz: float, seconds: float, camera: str) -> Iterator[SourceFrame]:
    """Yield the frames of a drive, with the truth, whether it is clear, and where to look."""
    from mobilenet_perception.simulation import Drive, sidewalk_world  # noqa: PLC0415

    for frame in Drive(sidewalk_world(), seconds, rate_hz):
        stamp_ns = EPOCH_NS + frame.time_ns
        message = image_message(frame.image, stamp_ns, camera)
        yield SourceFrame(camera, stamp_ns, stamp_ns, message, frame.truth, frame.clear, frame.roi)
