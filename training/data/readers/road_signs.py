# SPDX-License-Identifier: Apache-2.0
"""Signs and lights on photographs of another country's streets, and what lies beside them.

Road Sign Detection, Kaggle, CC0: `road-signs.csv` has a row for each box, and `block`, the number
of photographs in a row that show the same signs.
"""

import csv
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mobilenet_perception.street import Box
from training.data.data_set import DataSet, Pixels, Sample, read_rgb
from training.data.scenes import Scene, grown
from training.errors import TrainingError

SOURCE = 'road_signs'
LIST = 'road-signs.csv'
CREDIT = 'Signs and lights of Minsk: Road Sign Detection, Kaggle, CC0.'
_LABELS = {'speedlimit': 'speed_limit', 'stop': 'stop', 'crosswalk': 'other_sign'}
_COLUMNS = ('path', 'block', 'label', 'xmin', 'ymin', 'xmax', 'ymax')
# What is added on each side, as a share: a region of interest may be tight or wide.
_MARGINS = (0.0, 0.15, 0.4)
# Smaller ones show nothing that could be told.
_SMALLEST = 10
# The colour of a light is not in the list. Marked by looking: file and left upper corner. Dark
# lights, those of pedestrians, and those that show two colours or their side are none of these.
_LIGHTS = {
    'red': (
        'road10@106,3 road12@136,92 road12@294,97 road13@75,74 road15@186,102 road16@225,43 '
        'road170@207,168 road287@39,331 road292@10,364 road3@178,134 road42@177,184 '
        'road45@150,78 road46@71,174 road48@179,182 road49@84,34 road6@95,153 road819@103,192'
    ),
    'yellow': 'road1@154,63',
    'green': (
        'road11@188,98 road11@317,172 road129@230,42 road17@104,119 road176@36,92 '
        'road179@193,140 road179@235,179 road179@32,181 road18@90,39 road19@99,104 '
        'road41@186,1 road43@10,93 road43@90,86 road43@175,81 road43@262,129 road43@329,127 '
        'road495@94,206 road50@136,102 road51@190,137 road8@91,72 road8@245,104 '
        'road845@252,238 road846@208,224 road847@271,217'
    ),
}
_COLOUR = {place: colour for colour, places in _LIGHTS.items() for place in places.split()}


class MarkedBox(NamedTuple):
    """A box of the list, in pixels, and what it shows.

    Attributes:
        label: of the street signals; empty: it is not known which.
        kind: what the list says.
        left, top, right, bottom: in pixels.
    """

    label: str
    kind: str
    left: int
    top: int
    right: int
    bottom: int


class MarkedPhoto(NamedTuple):
    """A photograph of the list: its file, its group and its boxes."""

    path: Path
    group: str
    boxes: tuple[MarkedBox, ...]


def read_road_signs(folder: Path) -> DataSet:
    """Read `folder/road-signs.csv` and its photographs; the rest of each is a scene.

    Raises:
        TrainingError: a file is missing, unreadable, or without the columns.
    """
    samples, scenes = [], []
    for photo in read_marked_photos(folder):
        pixels = read_rgb(photo.path)
        height, width = pixels.shape[:2]
        for number, box in enumerate(photo.boxes):
            if box.label and min(box.right - box.left, box.bottom - box.top) >= _SMALLEST:
                for margin in _MARGINS:
                    crop = _cut(pixels, box, margin)
                    name = f'{photo.path.stem}_{number}_{margin:g}'
                    samples.append(Sample(crop, box.label, photo.group, SOURCE, name))
        shown = (
            Box(b.left / width, b.top / height, b.right / width, b.bottom / height)
            for b in photo.boxes
        )
        around = tuple(grown(box, 0.3) for box in shown)
        scenes.append(Scene(photo.path, photo.group, SOURCE, around))
    labels = tuple(dict.fromkeys(sample.label for sample in samples))
    return DataSet(samples, labels, credits=(CREDIT,), scenes=tuple(scenes))


def read_marked_photos(folder: Path) -> list[MarkedPhoto]:
    """Return the photographs of `folder/road-signs.csv` with their boxes.

    Raises:
        TrainingError: the list is missing or without the columns.
    """
    place = folder / LIST
    if not place.is_file():
        raise TrainingError(f'no file {place}: give --data a folder that holds it')
    boxes: dict[tuple[str, str], list[MarkedBox]] = defaultdict(list)
    with place.open(newline='', encoding='utf-8') as file:
        rows = csv.DictReader(file)
        if missing := sorted(set(_COLUMNS) - set(rows.fieldnames or ())):
            raise TrainingError(f'{place} has no column {", ".join(missing)}')
        for row in rows:
            at = f'{Path(row["path"]).stem}@{row["xmin"]},{row["ymin"]}'
            colour = _COLOUR.get(at)
            label = f'traffic_light_{colour}' if colour else _LABELS.get(row['label'], '')
            corners = (int(float(row[side])) for side in _COLUMNS[3:])
            boxes[row['path'], row['block']].append(MarkedBox(label, row['label'], *corners))
    return [
        MarkedPhoto(folder / path, f'{SOURCE}/{block}', tuple(found))
        for (path, block), found in boxes.items()
    ]


def _cut(pixels: Pixels, box: MarkedBox, margin: float) -> Pixels:
    height, width = pixels.shape[:2]
    across = round(margin * (box.right - box.left))
    down = round(margin * (box.bottom - box.top))
    rows = slice(max(0, box.top - down), min(height, box.bottom + down))
    columns = slice(max(0, box.left - across), min(width, box.right + across))
    return np.ascontiguousarray(pixels[rows, columns])
