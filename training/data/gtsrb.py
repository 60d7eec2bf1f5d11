# SPDX-License-Identifier: Apache-2.0
"""German traffic signs (GTSRB): a folder per class, files `class_track_frame.png`.

Stallkamp, Schlipsing, Salmen, Igel: Man vs. computer: Benchmarking machine learning algorithms
for traffic sign recognition. Neural Networks 32 (2012).
"""

import re
from collections.abc import Mapping
from pathlib import Path

from training.data.files import image_files, read_rgb, require_folder
from training.data.sample import Sample
from training.errors import TrainingError

_NAME = re.compile(r'(\d{5})_(\d{5})_(\d{5})\Z')


def read_gtsrb(folder: Path, labels: Mapping[str, str], other: str) -> list[Sample]:
    """Read all frames; a group is a track: one camera driving towards one sign.

    Args:
        folder: holds a folder per class, named by two digits.
        labels: label of a class, by its two digits.
        other: label of the classes not in `labels`.

    Raises:
        TrainingError: a folder or file is missing, unreadable, or named otherwise.
    """
    require_folder(folder, 'gtsrb/frames/<class>/')
    samples = []
    for class_folder in sorted(path for path in folder.iterdir() if path.is_dir()):
        label = labels.get(class_folder.name, other)
        for path in image_files(class_folder):
            track = track_of(path)
            samples.append(
                Sample(read_rgb(path), label, track, class_folder.name, 'gtsrb', path.name)
            )
    return samples


def tracks_in_sequences(folder: Path) -> set[str]:
    """Return the tracks that are also kept whole, in `gtsrb/sequences`: replays use them.

    Returns nothing where there is no such folder.
    """
    if not folder.is_dir():
        return set()
    return {f'gtsrb/{path.name}' for path in folder.iterdir() if path.is_dir()}


def track_of(path: Path) -> str:
    """Return the track that a frame belongs to, such as `gtsrb/14_00003`.

    Raises:
        TrainingError: the file is not named `class_track_frame`.
    """
    match = _NAME.match(path.stem)
    if match is None:
        raise TrainingError(f'{path} is not named class_track_frame: its track is unknown')
    return f'gtsrb/{int(match[1]):02d}_{match[2]}'
