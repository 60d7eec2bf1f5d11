# SPDX-License-Identifier: Apache-2.0
"""Regions in a recording: which topic says where to look in which camera's image; its messages."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames.messages import to_nanoseconds
from mobilenet_perception.recordings import cdr
from mobilenet_perception.recordings.reader import Topic, read_messages
from mobilenet_perception.recordings.source import SourceCamera, SourceRegions, warn

NONE = 'none'
"""In place of a topic: look at the whole image, whatever regions there are."""
# What our own node publishes, beside one another, below its name and that of a camera.
_DETECTIONS, _DECISIONS, _TIMING = 'detections', 'decisions', 'timing'
_NODE = 'classifier'


class RegionTopics(NamedTuple):
    """Which topics say where to look.

    Attributes:
        by_camera: topic by name of the camera; a camera without regions is absent.
        unclear: why no topic is taken for a camera, though there are some; empty: it is clear.
    """

    by_camera: dict[str, str]
    unclear: str = ''


def find_region_topics(topics: Sequence[Topic], cameras: Sequence[str]) -> RegionTopics:
    """Find by type, and by name where there are several, which topics say where to look.

    What our own node has published is left out. Of several cameras each takes the topic that has
    its name as a part: `/front/boxes` is of the camera `front`.

    Args:
        topics: all of the recording.
        cameras: names.
    """
    found = region_topics(topics)
    if not found or not cameras:
        return RegionTopics({})
    if len(cameras) == 1 and len(found) == 1:
        return RegionTopics({cameras[0]: found[0]})
    named = {
        camera: [topic for topic in found if camera in topic.split('/')] for camera in cameras
    }
    if all(len(own) < 2 for own in named.values()) and any(named.values()):
        return RegionTopics({camera: own[0] for camera, own in named.items() if own})
    return RegionTopics(
        {},
        f'{", ".join(found)} could say where to look in the images of {", ".join(cameras)}: say '
        f'which with --regions {cameras[0]}={found[0]}, or look at whole images with --regions '
        f'{NONE}',
    )


def region_topics(topics: Sequence[Topic]) -> list[str]:
    """Return the topics of boxes that are not what our own node has made of others."""
    names = {topic.name for topic in topics}
    return [
        topic.name
        for topic in topics
        if topic.type == cdr.DETECTIONS and topic.messages and not _is_answer(topic.name, names)
    ]


def with_regions(
    path: Path, topics: Sequence[Topic], cameras: Sequence[SourceCamera], asked: Sequence[str]
) -> tuple[SourceCamera, ...]:
    """Return cameras with the topics of their regions.

    Args:
        path: the recording, for messages.
        topics: all of it.
        cameras: of it.
        asked: `TOPIC`, or `CAMERA=TOPIC` for each of several, or `none`; nothing: as they are
            found.

    Raises:
        PerceptionError: it is not clear which topic belongs to which camera, or what is asked
            for is not there.
    """
    names = [camera.name for camera in cameras]
    if not asked:
        found = find_region_topics(topics, names)
        if found.unclear:
            raise PerceptionError(f'{path}: {found.unclear}')
        by_camera = found.by_camera
    else:
        by_camera = dict(_asked(path, topics, names, text) for text in asked if text != NONE)
        if len(set(by_camera.values())) < len(by_camera):
            raise PerceptionError(
                f'{path}: one topic of regions cannot be of several cameras: its boxes are in '
                'pixels of one image'
            )
    return tuple(camera._replace(regions=by_camera.get(camera.name, '')) for camera in cameras)


def read_regions(path: Path, cameras: Collection[SourceCamera]) -> Iterator[SourceRegions]:
    """Yield the regions of these cameras in the order in which they were recorded.

    Messages that cannot be read are left out, and a warning on stderr says so.

    Raises:
        PerceptionError: the recording breaks off.
    """
    names = {camera.regions: camera.name for camera in cameras if camera.regions}
    if not names:
        return
    for recorded in read_messages(path, names):
        found = cdr.deserialize_boxes(recorded)
        if found is None:
            warn(f'{path}: {unreadable(recorded.topic)}')
            continue
        header, boxes = found
        stamp_ns = to_nanoseconds(header.stamp)
        camera = names[recorded.topic]
        yield SourceRegions(camera, header, stamp_ns, recorded.log_ns, boxes, recorded.cdr)


def unreadable(topic: str) -> str:
    """Say what is wrong with messages of regions that cannot be read."""
    return (
        f'messages of {topic} cannot be read and are left out: they are damaged, or of a '
        'vision_msgs before version 4 (Humble)'
    )


def _asked(
    path: Path, topics: Sequence[Topic], cameras: Sequence[str], text: str
) -> tuple[str, str]:
    camera, separator, topic = text.rpartition('=')
    if not separator:
        if len(cameras) > 1:
            raise PerceptionError(
                f'{path} has the cameras {", ".join(cameras)}: say of which one {topic} is, with '
                f'--regions {cameras[0]}={topic}'
            )
        camera = cameras[0]
    if camera not in cameras:
        raise PerceptionError(
            f'{path} has no camera {camera}: its cameras are {", ".join(cameras)}'
        )
    have = [one.name for one in topics if one.type == cdr.DETECTIONS]
    if topic not in have:
        raise PerceptionError(
            f'{path} has no topic of regions {topic} (vision_msgs/Detection2DArray): it has '
            f'{", ".join(have) or "none"}'
        )
    return camera, topic


def _is_answer(topic: str, topics: Collection[str]) -> bool:
    """Say whether a topic is one of our own node."""
    place, _, name = topic.rpartition('/')
    if name == _DECISIONS:
        return True
    beside = {f'{place}/{_DECISIONS}', f'{place}/{_TIMING}'}
    return name == _DETECTIONS and (bool(beside & set(topics)) or _NODE in place.split('/'))
