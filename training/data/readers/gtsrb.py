# SPDX-License-Identifier: Apache-2.0
"""German traffic signs (GTSRB): a folder per class, files `class_track_frame.png`.

Stallkamp, Schlipsing, Salmen, Igel: Man vs. computer: Benchmarking machine learning algorithms
for traffic sign recognition. Neural Networks 32 (2012).
"""

import re
from pathlib import Path

from training.data.data_set import DataSet
from training.data.readers.files import image_files, require_folder
from training.data.readers.sign_labels import SIGN_NAMES
from training.data.sample import Sample, read_rgb
from training.errors import TrainingError

SOURCE = 'gtsrb'
CREDIT = (
    'Traffic signs: GTSRB, Institut für Neuroinformatik, Ruhr-Universität Bochum '
    '(Stallkamp, Schlipsing, Salmen, Igel, Neural Networks 32, 2012).'
)
_NAME = re.compile(r'(\d{5})_(\d{5})_(\d{5})\Z')


def read_gtsrb(folder: Path) -> DataSet:
    """Read `folder/gtsrb/frames/<class>/`; a group is a track: one drive towards one sign.

    The tracks that `folder/gtsrb/sequences` holds whole are held out: they are the same drives,
    under the same numbers, and a replay of a sequence must not test what the network has seen.

    Raises:
        TrainingError: a folder or file is missing, unreadable, or named otherwise.
    """
    frames = require_folder(folder / 'gtsrb' / 'frames', 'gtsrb/frames/<class>/')
    samples = []
    for class_folder in sorted(path for path in frames.iterdir() if path.is_dir()):
        label = _name_of(class_folder)
        for path in image_files(class_folder):
            samples.append(Sample(read_rgb(path), label, track_of(path), SOURCE, path.name))
    sequences = folder / 'gtsrb' / 'sequences'
    whole = [path for path in sequences.iterdir() if path.is_dir()] if sequences.is_dir() else []
    found = {sample.label for sample in samples}
    return DataSet(
        samples,
        labels=tuple(name for name in SIGN_NAMES if name in found),
        held_out=frozenset(f'{SOURCE}/{path.name}' for path in whole),
        credits=(CREDIT,),
    )


def track_of(path: Path) -> str:
    """Return the track that a frame belongs to, such as `gtsrb/14_00003`.

    Raises:
        TrainingError: the file is not named `class_track_frame`.
    """
    match = _NAME.match(path.stem)
    if match is None:
        raise TrainingError(f'{path} is not named class_track_frame: its track is unknown')
    return f'{SOURCE}/{int(match[1]):02d}_{match[2]}'


def _name_of(folder: Path) -> str:
    if not folder.name.isdecimal() or int(folder.name) >= len(SIGN_NAMES):
        raise TrainingError(
            f'{folder} is no class of GTSRB: its folders are named 00 to {len(SIGN_NAMES) - 1}'
        )
    return SIGN_NAMES[int(folder.name)]
