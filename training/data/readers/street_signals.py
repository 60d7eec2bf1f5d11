# SPDX-License-Identifier: Apache-2.0
"""The street signals of the default bundle: signs, traffic lights and background.

Traffic lights are Udacity's classifier data: a folder per colour, near duplicates of drives.
"""

from pathlib import Path

from mobilenet_perception.street.signals import LABELS
from training.data.data_set import DataSet, Sample, read_rgb
from training.data.duplicates.close_pairs import near_duplicate_groups
from training.data.readers.files import image_files, require_folder
from training.data.readers.gtsrb import SIGN_NAMES, read_gtsrb, street_label

SOURCE = 'lights'
COLOURS = ('red', 'yellow', 'green')
CREDIT = (
    'Traffic lights: Udacity, classifier data of the MIT self-driving car course, CC BY-SA 4.0.'
)


def _outputs() -> tuple[str, ...]:
    """Return each label's signs before the label itself, which drawings of it have."""
    found: list[str] = []
    for label in LABELS:
        found += [name for name in SIGN_NAMES if street_label(name) == label and name != label]
        found.append(label)
    return tuple(found)


OUTPUTS = _outputs()


def read_street_signals(folder: Path) -> DataSet:
    """Read signs from `folder/gtsrb` and lights from `folder/traffic-lights`.

    The network tells 49 classes apart: every sign, the three lights, `background`, and the two
    labels that several signs share, as the project's own drawings have them. Published are 15.

    Raises:
        TrainingError: a folder or file is missing or unreadable.
    """
    signs, lights = read_gtsrb(folder), read_traffic_lights(folder)
    return DataSet(
        samples=[*signs.samples, *lights.samples],
        labels=OUTPUTS,
        merge={name: street_label(name) for name in SIGN_NAMES},
        held_out=signs.held_out,
        credits=signs.credits + lights.credits,
    )


def read_traffic_lights(folder: Path) -> DataSet:
    """Read `folder/traffic-lights/<colour>/`; a group is a set of near duplicates.

    Which crops come from one drive is not recorded, so near duplicates stand for it.

    Raises:
        TrainingError: a folder or file is missing or unreadable.
    """
    place = require_folder(folder / 'traffic-lights', 'traffic-lights/{red,yellow,green}/')
    found = [
        (f'traffic_light_{colour}', path)
        for colour in COLOURS
        for path in image_files(require_folder(place / colour, 'traffic lights by colour'))
    ]
    images = [read_rgb(path) for _, path in found]
    groups = near_duplicate_groups(images)
    samples = [
        Sample(image, label, f'{SOURCE}/{group}', SOURCE, path.name)
        for (label, path), image, group in zip(found, images, groups, strict=True)
    ]
    labels = tuple(f'traffic_light_{colour}' for colour in COLOURS)
    return DataSet(samples, labels, credits=(CREDIT,))
