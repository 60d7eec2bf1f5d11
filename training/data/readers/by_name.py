# SPDX-License-Identifier: Apache-2.0
"""Readers of data sets by name."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from training.configuration.settings import Data
from training.data.data_set import DataSet
from training.errors import TrainingError

# Module and function of each reader: a function of the path; imported when asked for.
READERS: dict[str, str] = {
    'auto': 'training.data.readers.detect:read_detected',
    'folder': 'training.data.readers.folder:read_folder',
    'csv': 'training.data.readers.csv_list:read_csv',
    'idx': 'training.data.readers.idx:read_idx',
    'bags': 'training.data.readers.bags:read_bags',
    'street_signals': 'training.data.readers.street_signals:read_street_signals',
    'signs': 'training.data.readers.gtsrb:read_gtsrb',
    'lights': 'training.data.readers.traffic_lights:read_traffic_lights',
}


def read_data(settings: Data, path: Path) -> DataSet:
    """Read a data set as a configuration says.

    Raises:
        TrainingError: the data are not what its reader takes, or cannot be compared.
    """
    data_set = read(settings.reader, path)
    if not settings.group_duplicates:
        return data_set
    from training.data.duplicates.near_duplicates import group_duplicates  # noqa: PLC0415

    print('looking for copies', flush=True)
    return group_duplicates(data_set)


def read(reader: str, path: Path) -> DataSet:
    """Read a data set.

    Args:
        reader: a name in `READERS`.
        path: a file or folder, as that reader takes it.

    Raises:
        TrainingError: there is no such reader, or the data are not what it takes.
    """
    if reader not in READERS:
        raise TrainingError(f'there is no reader {reader!r}: choose one of {", ".join(READERS)}')
    module, name = READERS[reader].split(':')
    function: Callable[[Path], DataSet] = getattr(import_module(module), name)
    return function(path)
