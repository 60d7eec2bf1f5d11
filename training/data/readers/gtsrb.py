# SPDX-License-Identifier: Apache-2.0
"""German traffic signs (GTSRB): a folder per class, files `class_track_frame.png`.

Stallkamp, Schlipsing, Salmen, Igel: Man vs. computer: Benchmarking machine learning algorithms
for traffic sign recognition. Neural Networks 32 (2012).
"""

import re
from pathlib import Path

from mobilenet_perception.street.signals import LABELS
from training.data.data_set import DataSet, Sample, read_rgb
from training.data.readers.files import image_files, require_folder
from training.errors import TrainingError

SOURCE = 'gtsrb'
CREDIT = (
    'Traffic signs: GTSRB, Institut für Neuroinformatik, Ruhr-Universität Bochum '
    '(Stallkamp, Schlipsing, Salmen, Igel, Neural Networks 32, 2012).'
)
# By number, in the order of the benchmark.
SIGN_NAMES = (
    'speed_limit_20',
    'speed_limit_30',
    'speed_limit_50',
    'speed_limit_60',
    'speed_limit_70',
    'speed_limit_80',
    'end_of_speed_limit_80',
    'speed_limit_100',
    'speed_limit_120',
    'no_passing',
    'no_passing_trucks',
    'right_of_way_at_next_intersection',
    'priority_road',
    'yield',
    'stop',
    'no_vehicles',
    'no_trucks',
    'no_entry',
    'general_caution',
    'dangerous_curve_left',
    'dangerous_curve_right',
    'double_curve',
    'bumpy_road',
    'slippery_road',
    'road_narrows_right',
    'road_work',
    'traffic_signals',
    'pedestrians',
    'children_crossing',
    'bicycles_crossing',
    'ice_or_snow',
    'wild_animals_crossing',
    'end_of_all_restrictions',
    'turn_right_ahead',
    'turn_left_ahead',
    'ahead_only',
    'straight_or_right',
    'straight_or_left',
    'keep_right',
    'keep_left',
    'roundabout',
    'end_of_no_passing',
    'end_of_no_passing_trucks',
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


def street_label(sign: str) -> str:
    """Return the street signal that a sign is: its own name, `speed_limit` or `other_sign`."""
    if sign in LABELS:
        return sign
    return 'speed_limit' if sign.startswith('speed_limit_') else 'other_sign'


def _name_of(folder: Path) -> str:
    if not folder.name.isdecimal() or int(folder.name) >= len(SIGN_NAMES):
        raise TrainingError(
            f'{folder} is no class of GTSRB: its folders are named 00 to {len(SIGN_NAMES) - 1}'
        )
    return SIGN_NAMES[int(folder.name)]
