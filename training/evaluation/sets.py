# SPDX-License-Identifier: Apache-2.0
"""The sets of frames on which a network is measured, none of which it was trained on."""

from collections.abc import Sequence

import numpy as np

from mobilenet_perception.frames import Frame, crop_and_resize
from mobilenet_perception.street import Drive, sidewalk_world
from training.data.data_set import DataSet, Sample
from training.data.splits import Split
from training.images.compose import (
    Placement,
    compose,
    photographed_backgrounds,
    random_background,
    soft_cutout,
)

# What a robot's region of interest leaves around a signal, on average.
_WITH_MARGIN = Placement(smallest=0.55, largest=0.8, rotation_degrees=3.0, perspective=0.02)
_DRIVE_EVERY = 5
_STREET_SIGNALS = 'street_signals'


def evaluation_sets(reader: str, data_set: DataSet, split: Split) -> dict[str, list[Sample]]:
    """Return the sets by name.

    `test` is all that is held out, `test_<source>` that of each of several sources. For street
    signals, `test_with_margin` is the same as a robot's region of interest would show it, and
    `demo_drive` the clear frames of the drawn street of the demo.
    """
    test = split.select(data_set.samples, 'test')
    sets = {'test': test}
    sources = sorted({sample.source for sample in test})
    if len(sources) > 1:
        for source in sources:
            sets[f'test_{source}'] = [sample for sample in test if sample.source == source]
    if reader == _STREET_SIGNALS:
        sets['test_with_margin'] = with_margin(test)
        sets['demo_drive'] = drive_crops()
    return {name: samples for name, samples in sets.items() if samples}


def with_margin(samples: Sequence[Sample]) -> list[Sample]:
    """Return the photographs, each smaller on another background."""
    random = np.random.default_rng(0)
    corners = photographed_backgrounds(samples)
    found = []
    for sample in samples:
        pixels = sample.pixels
        side = max(pixels.shape[:2]) * 3 // 2
        background = random_background(side, side, corners, random)
        placed = compose(soft_cutout(pixels, 0.05), background, _WITH_MARGIN, random)
        found.append(sample._replace(image=placed))
    return found


def drive_crops() -> list[Sample]:
    """Return regions of interest of the demo's drive that show their signal clearly."""
    drive = Drive(sidewalk_world())
    found = []
    for index in range(0, len(drive), _DRIVE_EVERY):
        if not drive.truth(index).clear:
            continue
        frame = drive.frame(index)
        height, width = frame.roi.height, frame.roi.width
        pixels = crop_and_resize(Frame(frame.image, 'rgb'), height, width, frame.roi)
        found.append(Sample(pixels, frame.truth, f'demo/{frame.truth}', 'demo', f'{index:04d}'))
    return found
