# SPDX-License-Identifier: Apache-2.0
"""The writer of rosbag2 recordings: frames and their regions with labels, all or nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames import messages
from mobilenet_perception.recordings import cdr
from mobilenet_perception.recordings.labels import (
    FILE,
    FrameLabel,
    Labels,
    ThingLabels,
    labels_to_json,
)
from mobilenet_perception.recordings.source import Source, SourceFrame, SourceRegions, camera_of
from mobilenet_perception.recordings.storage import URI_MARKS, is_bag, uri_safe
from mobilenet_perception.system.files import whole_folder

if TYPE_CHECKING:
    from rosbags.interfaces import Connection
    from rosbags.rosbag2 import Writer


class BagOptions(NamedTuple):
    """How to write a recording.

    Attributes:
        storage: rosbag2's storage plugin.
        transport: images as pixels or as JPEG; None: as the source has them.
        topic: the topic of the camera; '': the source's own.
        force: replace what is at the path.
    """

    storage: Literal['sqlite3', 'mcap'] = 'mcap'
    transport: Literal['raw', 'compressed'] | None = None
    topic: str = ''
    force: bool = False


def write_bag(
    source: Source,
    path: Path,
    options: BagOptions,
    progress: Callable[[int], None] = lambda frames: None,
) -> int:
    """Write the frames of a source as a recording.

    It is written beside `path` under another name and moved there when it is complete.

    Args:
        source: the frames.
        path: the folder to write.
        options: how.
        progress: called with the number of frames written so far.

    Returns:
        The number of frames.

    Raises:
        PerceptionError: something is at `path` already, or the source fails.
    """
    _check_target(path, options.force)
    if options.storage == 'sqlite3' and not URI_MARKS.isdisjoint(path.name):
        raise PerceptionError(
            f'SQLite files are named after their folder, and {path.name!r} has a character of '
            f'{" ".join(sorted(URI_MARKS))}: choose another name, or --storage mcap'
        )
    if options.topic and len(source.cameras) > 1:
        raise PerceptionError(f'{source.name} has several cameras: one topic cannot name them all')
    try:
        from rosbags.rosbag2 import StoragePlugin, Writer  # noqa: PLC0415
    except ImportError:
        raise PerceptionError(
            'writing a bag needs rosbags, which is not installed: run `pip install rosbags`'
        ) from None
    # rosbag2 names the storage files after the folder: it must have its name from the start.
    with whole_folder(path) as new:
        plugin = StoragePlugin[options.storage.upper()]
        with (
            uri_safe(new.parent) as parent,
            Writer(parent / new.name, version=8, storage_plugin=plugin) as writer,
        ):
            frames, labels, things = _write_frames(writer, source, options, progress)
        known = any(label for camera in labels.values() for label in camera.values() if any(label))
        if known or any(own.ids for own in things.values()):
            (new / FILE).write_text(labels_to_json(labels, things), encoding='utf-8')
    return frames


def _check_target(path: Path, force: bool) -> None:
    if not path.exists():
        return
    if not force:
        raise PerceptionError(f'{path} exists already: choose another name, or add --force')
    if not is_bag(path):
        raise PerceptionError(f'{path} is not a bag, so --force does not replace it')


def _write_frames(
    writer: 'Writer', source: Source, options: BagOptions, progress: Callable[[int], None]
) -> tuple[int, Labels, dict[str, ThingLabels]]:
    connections: dict[str, Connection] = {}
    labels: Labels = {}
    things: dict[str, ThingLabels] = {}
    count = 0
    cameras = {camera.name: camera for camera in source.cameras}
    for item in source.items():
        if isinstance(item, SourceRegions):
            _write_regions(writer, connections, item, cameras[item.camera].regions)
            continue
        count += 1
        message = _in_transport(item, options.transport)
        if item.camera not in connections:
            topic = options.topic or _topic(item, message, cameras[item.camera].topic)
            connections[item.camera] = writer.add_connection(
                topic, cdr.message_type(message), typestore=cdr.typestore()
            )
        connection = connections[item.camera]
        if message is item.message and item.cdr is not None:
            writer.write(connection, item.log_ns, item.cdr)
        else:
            writer.write(connection, item.log_ns, cdr.serialize(message))
        label = FrameLabel(item.truth, item.clear, item.roi)
        # Under the name that the camera has when the bag is read.
        name = camera_of(connection.topic)
        labels.setdefault(name, {})[item.stamp_ns] = label
        if item.camera in source.things:
            things[name] = source.things[item.camera]
        progress(count)
    if not count:
        raise PerceptionError(f'{source.name} gave no frame: nothing to write')
    return count, labels, things


def _write_regions(
    writer: 'Writer', connections: dict[str, 'Connection'], item: SourceRegions, topic: str
) -> None:
    if topic not in connections:
        connections[topic] = writer.add_connection(
            topic, cdr.DETECTIONS, typestore=cdr.typestore()
        )
    data = cdr.serialize_boxes(item.header, item.boxes) if item.cdr is None else item.cdr
    writer.write(connections[topic], item.log_ns, data)


def _in_transport(frame: SourceFrame, transport: str | None) -> messages.Message:
    message = frame.message
    is_compressed = isinstance(message, messages.CompressedImageMessage)
    if transport is None or (transport == 'compressed') == is_compressed:
        return message
    rgb = frame.decode().rgb()
    if is_compressed:
        return messages.image_message(rgb, frame.stamp_ns, message.header.frame_id)
    return messages.compress(rgb, frame.stamp_ns, message.header.frame_id)


def _topic(frame: SourceFrame, message: messages.Message, own: str) -> str:
    if type(message) is type(frame.message):
        return own
    is_compressed = isinstance(message, messages.CompressedImageMessage)
    return f'{own}/compressed' if is_compressed else own.removesuffix('/compressed')
