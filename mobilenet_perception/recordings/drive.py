# SPDX-License-Identifier: Apache-2.0
"""The drawn drive past lights and signs as the frames of a camera."""

from collections.abc import Container, Iterator

from mobilenet_perception.frames.messages import image_message
from mobilenet_perception.recordings.frame import EPOCH_NS, SourceFrame


def read_drive(
    rate_hz: float, seconds: float, camera: str, stamps: Container[int] | None = None
) -> Iterator[SourceFrame]:
    """Yield the frames of a drive, with the truth, whether it is clear, and where to look.

    With `stamps`, only those are drawn and yielded: drawing is what takes long.
    """
    from mobilenet_perception.street import Drive, sidewalk_world  # noqa: PLC0415

    drive = Drive(sidewalk_world(), seconds, rate_hz)
    for index in range(len(drive)):
        stamp_ns = EPOCH_NS + drive.time_ns(index)
        if stamps is not None and stamp_ns not in stamps:
            continue
        frame = drive.frame(index)
        message = image_message(frame.image, stamp_ns, camera)
        yield SourceFrame(camera, stamp_ns, stamp_ns, message, frame.truth, frame.clear, frame.roi)
