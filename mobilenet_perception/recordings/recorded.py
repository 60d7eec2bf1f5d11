# SPDX-License-Identifier: Apache-2.0
"""The cameras of a rosbag2 recording as a source of frames."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames.messages import to_nanoseconds
from mobilenet_perception.recordings.frame import SourceFrame
from mobilenet_perception.recordings.labels import FrameLabel, Labels
from mobilenet_perception.recordings.messages import camera_of, deserialize
from mobilenet_perception.recordings.reader import COMPRESSED, image_topics, read_messages

_UNLABELLED = FrameLabel(None)


class RecordedCamera(NamedTuple):
    """A camera of a recording."""

    name: str
    topic: str
    compressed: bool
    messages: int


def recorded_cameras(path: Path, topics: Collection[str] = ()) -> list[RecordedCamera]:
    """Return the cameras of a recording, named after their topics.

    Raises:
        PerceptionError: the recording cannot be read or has no such camera, or two cameras
            would have one name.
    """
    cameras = [
        RecordedCamera(camera_of(topic.name), topic.name, topic.type == COMPRESSED, topic.messages)
        for topic in image_topics(path, topics)
    ]
    if len({camera.name for camera in cameras}) < len(cameras):
        names = ', '.join(camera.topic for camera in cameras)
        raise PerceptionError(f'{path} holds topics of one name, {names}: choose with --topic')
    return cameras


def read_recorded(
    path: Path, cameras: Collection[RecordedCamera], labels: Labels
) -> Iterator[SourceFrame]:
    """Yield the frames of these cameras in the order in which they were recorded.

    Raises:
        PerceptionError: the recording breaks off.
    """
    names = {camera.topic: camera.name for camera in cameras}
    for recorded in read_messages(path, names):
        camera = names[recorded.topic]
        message = deserialize(recorded)
        stamp_ns = to_nanoseconds(message.header.stamp)
        label = labels.get(camera, {}).get(stamp_ns, _UNLABELLED)
        yield SourceFrame(camera, stamp_ns, recorded.log_ns, message, *label, cdr=recorded.cdr)
