# SPDX-License-Identifier: Apache-2.0
"""Readers of data sets by name; `auto` is told by what a path holds."""

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from training.configuration.settings import Data
from training.data.data_set import DataSet
from training.errors import TrainingError

# Module and function of each reader: a function of the path; imported when asked for.
_READERS = {
    'folder': 'folder:read_folder',
    'csv': 'csv_list:read_csv',
    'idx': 'idx:read_idx',
    'bags': 'bags:read_bags',
    'street_signals': 'street_signals:read_street_signals',
    'streets': 'streets:read_streets',
    'road_signs': 'road_signs:read_road_signs',
    'signs': 'gtsrb:read_gtsrb',
    'lights': 'street_signals:read_traffic_lights',
}
READERS = ('auto', *_READERS)
_LISTS = ('.csv', '.tsv')
_KINDS = (
    'a folder of images per class, a CSV list with columns path and label, a folder of IDX files, '
    'or rosbag2 recordings with labels'
)


def read_data(settings: Data, path: Path) -> DataSet:
    """Read a data set as a configuration says.

    Raises:
        TrainingError: the data are not what its reader takes, or cannot be compared.
    """
    from training.data.negatives import with_negatives  # noqa: PLC0415

    data_set = read(settings.reader, path, settings.significant_bits)
    data_set = with_negatives(data_set, settings.negatives)
    for note in data_set.notes:
        print(note, file=sys.stderr, flush=True)
    if not settings.group_duplicates:
        return data_set
    from training.data.duplicates.leaks import group_duplicates  # noqa: PLC0415

    print('looking for copies', flush=True)
    return group_duplicates(data_set)


def read(reader: str, path: Path, significant_bits: int = 0) -> DataSet:
    """Read a data set.

    Args:
        reader: one of `READERS`.
        path: a file or folder, as that reader takes it.
        significant_bits: of 16-bit samples in image files, 8 to 16; 0: all.

    Raises:
        TrainingError: there is no such reader, or the data are not what it takes.
    """
    if reader not in READERS:
        raise TrainingError(f'there is no reader {reader!r}: choose one of {", ".join(READERS)}')
    module, name = _READERS[detect_reader(path) if reader == 'auto' else reader].split(':')
    function: Callable[[Path], DataSet] = getattr(
        import_module(f'training.data.readers.{module}'), name
    )
    data_set = function(path)
    if not significant_bits:
        return data_set
    samples = [sample._replace(significant_bits=significant_bits) for sample in data_set.samples]
    return data_set._replace(samples=samples)


def detect_reader(path: Path) -> str:
    """Return the name of the reader for what a path holds.

    Raises:
        TrainingError: it holds nothing that a reader takes, or more than one kind.
    """
    from mobilenet_perception.frames.image_files import folders_in, images_in  # noqa: PLC0415
    from mobilenet_perception.recordings.storage import is_bag  # noqa: PLC0415
    from training.data.readers import idx  # noqa: PLC0415

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
    if any(idx.find(path, prefix, 'images') for prefix in idx.PARTS):
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
    from mobilenet_perception.tools.bags.extract.manifest import FILE  # noqa: PLC0415

    # What `bag extract` writes beside its class folders lists the same images.
    return file.suffix.lower() in _LISTS and file.name != FILE
