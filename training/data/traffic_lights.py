# SPDX-License-Identifier: Apache-2.0
"""Traffic lights (Udacity's classifier data): a folder per colour, near duplicates of drives."""

from pathlib import Path

from training.data.files import image_files, read_rgb, require_folder
from training.data.near_duplicates import near_duplicate_groups
from training.data.sample import Sample

COLOURS = ('red', 'yellow', 'green')


def read_traffic_lights(folder: Path) -> list[Sample]:
    """Read all crops; a group is a set of near duplicates, as no drive is recorded.

    Raises:
        TrainingError: a folder or file is missing or unreadable.
    """
    require_folder(folder, 'traffic-lights/{red,yellow,green}/')
    found = [
        (colour, path)
        for colour in COLOURS
        for path in image_files(require_folder(folder / colour, 'traffic lights by colour'))
    ]
    images = [read_rgb(path) for _, path in found]
    groups = near_duplicate_groups(images)
    return [
        Sample(image, f'traffic_light_{colour}', f'lights/{group}', colour, 'lights', path.name)
        for (colour, path), image, group in zip(found, images, groups, strict=True)
    ]
