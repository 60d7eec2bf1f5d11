# SPDX-License-Identifier: Apache-2.0
"""Traffic lights (Udacity's classifier data): a folder per colour, near duplicates of drives."""

from pathlib import Path

from training.data.data_set import DataSet
from training.data.duplicates.near_duplicates import near_duplicate_groups
from training.data.readers.files import image_files, require_folder
from training.data.sample import Sample, read_rgb

SOURCE = 'lights'
COLOURS = ('red', 'yellow', 'green')
CREDIT = (
    'Traffic lights: Udacity, classifier data of the MIT self-driving car course, CC BY-SA 4.0.'
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
