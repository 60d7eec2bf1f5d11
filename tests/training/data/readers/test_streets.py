# SPDX-License-Identifier: Apache-2.0
"""Signs and lights of another country, and the scenes beside them."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.training.conftest import draw_data
from training.configuration.settings import Data
from training.data.data_set import make_split
from training.data.readers.road_signs import read_road_signs
from training.data.readers.streets import read_streets
from training.errors import TrainingError

HEAD = 'path,block,label,xmin,ymin,xmax,ymax\n'


@pytest.fixture
def streets(tmp_path: Path) -> Path:
    """All folders that the default bundle is trained on, as small as can be."""
    folder = draw_data(tmp_path)
    random = np.random.default_rng(0)

    def photo(path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), random.integers(0, 256, (200, 300, 3), np.uint8))

    rows = []
    for number in range(8):
        photo(folder / 'road-signs' / f'road{number}.jpg')
        rows.append(f'road-signs/road{number}.jpg,{number},speedlimit,10,10,30,30')
        rows.append(f'road-signs/road{number}.jpg,{number},stop,40,10,70,40')
    # One of those marked by looking, a light of no known colour, and a box that is too small.
    photo(folder / 'road-signs' / 'road10.jpg')
    rows += [
        'road-signs/road10.jpg,9,trafficlight,106,3,130,40',
        'road-signs/road10.jpg,9,trafficlight,5,5,30,30',
        'road-signs/road10.jpg,9,stop,1,1,6,6',
    ]
    (folder / 'road-signs.csv').write_text(HEAD + '\n'.join(rows) + '\n')
    for number in range(6):
        photo(folder / 'street-photos' / f's{number}.jpg')
        photo(folder / 'pavements' / 'asphalt' / f'p{number}.jpg')
        photo(folder / 'crosswalks' / f'c{number}.jpg')
        photo(folder / 'kerb-views' / f'k{number}.jpg')
    boxes = {
        's0.jpg': [['traffic_light', 0.5, 0.5, 0.5, 0.2, 0.2], ['car', 0.9, 0.2, 0.2, 0.1, 0.1]]
    }
    (folder / 'street-photos-boxes.json').write_text(json.dumps(boxes))
    return folder


def test_boxes_become_samples_with_a_label_and_the_rest_a_scene(streets: Path) -> None:
    found = read_road_signs(streets)
    assert sorted(s.label for s in found.samples) == (
        ['speed_limit'] * 24 + ['stop'] * 24 + ['traffic_light_red'] * 3
    )
    assert {s.group for s in found.samples} >= {'road_signs/0', 'road_signs/9'}
    (light,) = [s for s in found.scenes if s.path.name == 'road10.jpg']
    # Whatever is boxed is left out of windows, known or not.
    assert len(light.shown) == 3
    # A box of 20 pixels, tight and with margins, as far as the picture goes.
    signs = [s.pixels.shape for s in found.samples if s.name.startswith('road0_0_')]
    assert signs == [(20, 20, 3), (26, 26, 3), (36, 36, 3)]


def test_scenes_are_read_and_two_sources_held_out(streets: Path) -> None:
    found = read_streets(streets)
    assert {scene.source for scene in found.scenes} == {
        'street-photos', 'pavements', 'crosswalks', 'kerb-views', 'road_signs',
    }  # fmt: skip
    (lit,) = [scene for scene in found.scenes if scene.path.name == 's0.jpg']
    assert len(lit.shown) == 1
    split = make_split(found, Data(validation_share=0.2, test_share=0.2))
    trained = {sample.source for sample in split.select(found.samples, 'train')}
    assert trained >= {'gtsrb', 'lights', 'road_signs', 'street-photos', 'pavements'}
    assert not trained & {'crosswalks', 'kerb-views'}


def test_a_list_without_its_columns_is_refused(streets: Path) -> None:
    (streets / 'road-signs.csv').write_text('path,label\n')
    with pytest.raises(TrainingError, match=r'road-signs\.csv has no column block, xmax'):
        read_road_signs(streets)
    (streets / 'road-signs.csv').unlink()
    with pytest.raises(TrainingError, match=r'no file .*road-signs\.csv'):
        read_road_signs(streets)
