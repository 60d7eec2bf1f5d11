# SPDX-License-Identifier: Apache-2.0
"""Recordings of the robot's cameras (rosbag2), labelled by the `labels.json` beside them."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mobilenet_perception.errors import FrameError, PerceptionError
from mobilenet_perception.frames import crop, decode
from mobilenet_perception.frames.image_files import folders_in
from mobilenet_perception.recordings import SourceFrame, open_source, source_of
from mobilenet_perception.recordings.storage import is_bag
from training.data.data_set import DataSet, Pixels, Sample
from training.data.readers.files import checked_labels
from training.errors import TrainingError

SOURCE = 'bag'
# Frames that follow at once show the same: they cost memory and teach nothing.
RATE_HZ = 5.0
# A label that is away for longer comes back as another encounter.
_GAP_NS = 2_000_000_000
_MOST_BYTES = 8 << 30


def read_bags(path: Path) -> DataSet:
    """Read the labelled, clear frames of a bag, or of all bags in a folder, into memory.

    Five frames a second are taken of each camera, cropped to their region of interest, if they
    have one: what the node looks at. A group is an encounter: one label of one bag without a gap
    of 2 s.

    Raises:
        TrainingError: there is no bag, it has no labels, or its frames do not fit into memory.
        PerceptionError: a bag cannot be read.
    """
    samples: list[Sample] = []
    size = 0
    for bag in bags_in(path):
        found = list(_read_bag(bag, path))
        if not found:
            raise TrainingError(
                f'the frames of {bag} have no labels: write labels.json beside the recording '
                'with `python -m mobilenet_perception bag label`'
            )
        samples += found
        size += sum(sample.pixels.nbytes for sample in found)
        if size > _MOST_BYTES:
            raise TrainingError(
                f'the frames of {path} take more than {_MOST_BYTES >> 30} GiB: give fewer bags, '
                'or regions of interest in labels.json'
            )
    labels = checked_labels((sample.label for sample in samples), str(path))
    return DataSet(samples, labels)


def bags_in(path: Path) -> list[Path]:
    """Return the path itself if it is a bag, else the bags in the folder.

    Raises:
        TrainingError: there is none.
    """
    if path.exists() and is_bag(path):
        return [path]
    found = [child for child in folders_in(path) if is_bag(child)] if path.is_dir() else []
    if not found:
        raise TrainingError(f'{path} holds no rosbag2 recording: give a bag, or a folder of bags')
    return found


def _read_bag(bag: Path, root: Path) -> Iterator[Sample]:
    name = bag.name if bag == root else bag.relative_to(root).as_posix()
    last_ns: dict[str, int] = {}
    encounter: dict[str, int] = defaultdict(int)
    for frame in open_source(source_of(bag), rate_hz=RATE_HZ).frames:
        if frame.truth is None or not frame.clear:
            continue
        label = frame.truth
        if frame.log_ns - last_ns.get(label, frame.log_ns) > _GAP_NS:
            encounter[label] += 1
        last_ns[label] = frame.log_ns
        group = f'{SOURCE}/{name}/{label}/{encounter[label]}'
        where = f'{name}/{frame.camera}/{frame.stamp_ns}'
        yield Sample(_pixels(frame, bag), label, group, SOURCE, where)


def _pixels(frame: SourceFrame, bag: Path) -> Pixels:
    try:
        return np.ascontiguousarray(crop(decode(frame.message), frame.roi).rgb())
    except FrameError as error:
        raise PerceptionError(
            f'{bag}: the frame of {frame.camera} at {frame.stamp_ns} ns is labelled, but {error}'
        ) from error
