# SPDX-License-Identifier: Apache-2.0
"""The opening of a source by its name: a drawn drive, bag, video or folder; its fingerprint."""

import hashlib
from collections.abc import Collection, Container, Iterable, Iterator, Sequence
from itertools import takewhile
from pathlib import Path

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.recordings import pictures
from mobilenet_perception.recordings.labels import labels_file_of, read_labels, read_things
from mobilenet_perception.recordings.reader import bag_cameras, list_topics, read_bag
from mobilenet_perception.recordings.regions import NONE, read_regions, with_regions
from mobilenet_perception.recordings.source import Source, SourceCamera, SourceFrame, camera_topic
from mobilenet_perception.recordings.storage import find_files, is_bag
from mobilenet_perception.recordings.unfinished import wal_of

DRIVE = 'drive'
DEFAULT_RATE_HZ = 30.0
DRIVE_SECONDS = 30.0
_CHUNK = 2**20


def open_source(
    source: str,
    *,
    rate_hz: float | None = None,
    seconds: float | None = None,
    topics: Collection[str] = (),
    labels_file: Path | None = None,
    stamps: Container[int] | None = None,
    regions: Sequence[str] = (),
    significant_bits: int = 0,
) -> Source:
    """Open a source of frames.

    Args:
        source: `drive`, or the path of a rosbag2 recording, a video or a folder of images.
        rate_hz: frames a second; None: the recording's or video's own, else 30. A recording
            keeps its stamps: it is thinned to the rate by leaving frames out.
        seconds: stop after so much of the source's time; None: at its end, a drive after 30 s.
        topics: which camera topics of a recording; none: all.
        labels_file: what the frames of a recording show; None: the file in its folder, if any.
        stamps: give only the frames of these capture stamps, in nanoseconds; None: all.
        regions: topics of a recording that say where to look in its images: `TOPIC`, or
            `CAMERA=TOPIC` for each of several cameras; `none`: look at whole images; nothing: what
            is found by type and name.
        significant_bits: of 16-bit samples, in whatever is recorded or a file, 8 to 16; 0: all.

    Raises:
        PerceptionError: there is no such source, or it cannot be read.
    """
    camera = SourceCamera('camera', camera_topic('camera', compressed=False), compressed=False)
    rate = rate_hz or DEFAULT_RATE_HZ
    if source == DRIVE:
        drive = pictures.read_drive(rate, seconds or DRIVE_SECONDS, camera.name, stamps)
        return Source(source, (camera,), drive)
    path = Path(source)
    if not path.exists():
        raise PerceptionError(
            f'{source} does not exist: give a folder of images, a video, a rosbag2 bag, '
            f'or {DRIVE} for the drawn drive'
        )
    if is_bag(path):
        opened = _open_bag(path, topics, labels_file or labels_file_of(path), rate_hz, regions)
    elif topics or set(regions) - {NONE}:
        argument = '--topic' if topics else '--regions'
        raise PerceptionError(f'{source} is not a rosbag2 recording: {argument} does not apply')
    elif path.is_dir():
        images = pictures.read_images(path, rate, camera.name, significant_bits)
        opened = Source(source, (camera,), images)
    else:
        opened = Source(source, (camera,), pictures.read_video(path, rate_hz, camera.name))
    frames = opened.frames if seconds is None else _cut(opened.frames, seconds)
    if stamps is not None:
        frames = (frame for frame in frames if frame.stamp_ns in stamps)
    if significant_bits:
        frames = (frame._replace(significant_bits=significant_bits) for frame in frames)
    return opened._replace(frames=frames)


def source_of(path: Path) -> str:
    """Return a path as `open_source` takes it: what is called `drive` is not the drawn drive.

    `Path('drive/')` has forgotten the stroke that told them apart.
    """
    return f'./{path}' if str(path) == DRIVE else str(path)


def source_digest(source: str, labels: Path | None = None) -> str:
    """Return the SHA-256 of the files of a source, and of its labels file.

    Args:
        source: as `open_source` takes it; what is drawn has no files, and no fingerprint.
        labels: the labels file; None: the one in a bag's folder, if any.

    Raises:
        PerceptionError: the source cannot be read.
    """
    path = Path(source)
    if source == DRIVE or not path.exists():
        return ''
    if is_bag(path):
        files = [part for file in find_files(path).files for part in (file, wal_of(file)) if part]
        beside = labels_file_of(path) if labels is None else None
        files += [beside] if beside else []
    else:
        files = pictures.list_images(path) if path.is_dir() else [path]
    return _digest([*files, *([labels] if labels else [])])


def _open_bag(
    path: Path,
    topics: Collection[str],
    labels: Path | None,
    rate_hz: float | None,
    regions: Sequence[str],
) -> Source:
    cameras = with_regions(path, list_topics(path), bag_cameras(path, topics), regions)
    frames = read_bag(path, cameras, read_labels(labels) if labels else {})
    return Source(
        str(path),
        cameras,
        _thin(frames, rate_hz) if rate_hz else frames,
        read_regions(path, cameras),
        read_things(labels) if labels else {},
    )


def _cut(frames: Iterator[SourceFrame], seconds: float) -> Iterator[SourceFrame]:
    first = next(frames, None)
    if first is None:
        return
    yield first
    end_ns = first.log_ns + round(seconds * 1e9)
    yield from takewhile(lambda frame: frame.log_ns < end_ns, frames)


def _thin(frames: Iterator[SourceFrame], rate_hz: float) -> Iterator[SourceFrame]:
    period_ns = 1e9 / rate_hz
    due: dict[str, float] = {}
    for frame in frames:
        next_ns = due.setdefault(frame.camera, frame.log_ns)
        # A tenth of a period early still counts, or jitter would halve the rate.
        if frame.log_ns >= next_ns - period_ns / 10:
            due[frame.camera] = max(next_ns + period_ns, frame.log_ns)
            yield frame


def _digest(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        try:
            with path.open('rb') as file:
                while chunk := file.read(_CHUNK):
                    digest.update(chunk)
        except OSError as error:
            raise PerceptionError(f'{path} cannot be read: {error.strerror}') from None
    return digest.hexdigest()
