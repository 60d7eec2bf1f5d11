# SPDX-License-Identifier: Apache-2.0
"""The data of the default bundle: street signals of two countries, and streets that show none.

The photographs of streets are Open Images' (`street-photos`), pavements of many cities
(`pavements`), zebra crossings (`crosswalks`) and vehicles seen from a kerb (`kerb-views`).
"""

import json
from pathlib import Path

from mobilenet_perception.frames.image_files import images_in
from mobilenet_perception.street import Box
from training.data.data_set import DataSet
from training.data.readers.files import image_files, require_folder
from training.data.readers.road_signs import read_road_signs
from training.data.scenes import Scene, grown, scene_samples

CREDITS = (
    'Streets: Open Images, pictures CC BY 2.0, labels CC BY 4.0.',
    'Pavements: kauevestena, deep_pavements_dataset, pictures CC.',
)
# Never trained on: what the network says of them is how it does on streets of other sources.
HELD_OUT = ('crosswalks', 'kerb-views')
_MARKED = frozenset({'traffic_light', 'stop_sign'})
# Windows of each scene that networks are judged by.
_WINDOWS = 6


def read_streets(folder: Path) -> DataSet:
    """Read signals as `read_street_signals` and `read_road_signs` do, and scenes beside them.

    The scenes of `crosswalks` and `kerb-views` are held out, all of them.

    Raises:
        TrainingError: a folder or file is missing or unreadable.
    """
    # Takes SciPy, which those who look at scenes alone do without.
    from training.data.readers.street_signals import read_street_signals  # noqa: PLC0415

    signals, elsewhere = read_street_signals(folder), read_road_signs(folder)
    scenes = (*read_scenes(folder), *elsewhere.scenes)
    held_out = {scene.group for scene in scenes if scene.source in HELD_OUT}
    return signals._replace(
        samples=[*signals.samples, *elsewhere.samples, *scene_samples(scenes, _WINDOWS)],
        scenes=scenes,
        held_out=signals.held_out | held_out,
        credits=(*signals.credits, *elsewhere.credits, *CREDITS),
    )


def read_scenes(folder: Path) -> tuple[Scene, ...]:
    """Return the scenes of `street-photos`, `pavements`, `crosswalks` and `kerb-views`.

    Raises:
        TrainingError: a folder is missing or empty.
    """
    photos = require_folder(folder / 'street-photos', 'street-photos/, photographs of streets')
    boxes = json.loads((folder / 'street-photos-boxes.json').read_text('utf-8'))
    found = [
        Scene(
            path, f'street-photos/{path.stem}', 'street-photos', _marked(boxes.get(path.name, []))
        )
        for path in image_files(photos)
    ]
    pavements = require_folder(folder / 'pavements', 'pavements/<surface>/')
    for surface in sorted(place for place in pavements.iterdir() if place.is_dir()):
        found += [
            Scene(path, f'pavements/{path.stem}', 'pavements') for path in images_in(surface)
        ]
    for source in HELD_OUT:
        place = require_folder(folder / source, f'{source}/, photographs of streets')
        found += [Scene(path, f'{source}/{path.stem}', source) for path in image_files(place)]
    return tuple(found)


def _marked(boxes: list[list[object]]) -> tuple[Box, ...]:
    """Return the boxes, given as name, score, centre and size, that may show a signal."""
    found = []
    for name, _, *numbers in boxes:
        x, y, width, height = (float(str(number)) for number in numbers)
        if name in _MARKED:
            box = Box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)
            found.append(grown(box, 0.3))
    return tuple(found)
