# SPDX-License-Identifier: Apache-2.0
"""Find out what kind of data set a path holds."""

from pathlib import Path

from mobilenet_perception.recordings import is_bag
from mobilenet_perception.tools.bags.extract.manifest import FILE as MANIFEST
from training.data.data_set import DataSet
from training.data.readers.files import folders_in, images_in
from training.data.readers.idx import PARTS, find
from training.errors import TrainingError

_LISTS = ('.csv', '.tsv')
_KINDS = (
    'a folder of images per class, a CSV list with columns path and label, a folder of IDX files, '
    'or rosbag2 recordings with labels'
)


def detect_reader(path: Path) -> str:
    """Return the name of the reader for what a path holds.

    Raises:
        TrainingError: it holds nothing that a reader takes, or more than one kind.
    """
    if not path.exists():
        raise TrainingError(f'{path} does not exist: give {_KINDS}')
    if is_bag(path):
        return 'bags'
    if path.is_file():
        if path.suffix.lower() in _LISTS:
            return 'csv'
        raise TrainingError(f'{path} is no data set: give {_KINDS}')
    own = {
        'signs': (path / 'gtsrb' / 'frames').is_dir(),
        'lights': (path / 'traffic-lights').is_dir(),
    }
    if any(own.values()):
        return 'street_signals' if all(own.values()) else next(n for n, has in own.items() if has)
    if any(find(path, prefix, 'images') for prefix in PARTS):
        return 'idx'
    children = folders_in(path)
    if any(is_bag(child) for child in children):
        return 'bags'
    if lists := [file.name for file in path.iterdir() if _is_list(file)]:
        raise TrainingError(
            f'{path} holds {lists[0]}: give the file itself as --data, or, for a folder per '
            'class, --set data.reader=folder'
        )
    if children:
        return 'folder'
    held = 'images, but no folder per class' if images_in(path) else 'no data set'
    raise TrainingError(f'{path} holds {held}: give {_KINDS}')


def _is_list(file: Path) -> bool:
    # What `bag extract` writes beside its class folders lists the same images.
    return file.suffix.lower() in _LISTS and file.name != MANIFEST


def read_detected(path: Path) -> DataSet:
    """Read a data set of whatever kind a path holds.

    Raises:
        TrainingError: it holds none, or it is wrong.
    """
    from training.data.readers.by_name import read  # noqa: PLC0415 (which lists this one)

    return read(detect_reader(path), path)
