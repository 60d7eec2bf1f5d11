# SPDX-License-Identifier: Apache-2.0
"""The street signals of the default bundle: signs of GTSRB and traffic lights, one label set."""

import hashlib
from pathlib import Path

from training.data.gtsrb import read_gtsrb, tracks_in_sequences
from training.data.sample import Sample
from training.data.sign_labels import LABEL_OF_CLASS, OTHER
from training.data.splits import Split, split_by_group
from training.data.traffic_lights import read_traffic_lights

CREDITS = (
    'Traffic signs: GTSRB, Institut für Neuroinformatik, Ruhr-Universität Bochum '
    '(Stallkamp, Schlipsing, Salmen, Igel, Neural Networks 32, 2012).',
    'Traffic lights: Udacity, classifier data of the MIT self-driving car course, CC BY-SA 4.0.',
)


def read_street_signals(folder: Path) -> list[Sample]:
    """Read signs from `folder/gtsrb/frames` and lights from `folder/traffic-lights`."""
    signs = read_gtsrb(folder / 'gtsrb' / 'frames', LABEL_OF_CLASS, OTHER)
    return signs + read_traffic_lights(folder / 'traffic-lights')


def split_street_signals(
    samples: list[Sample], folder: Path, validation_share: float, test_share: float, seed: int
) -> Split:
    """Split by track; the tracks that `gtsrb/sequences` holds whole go to the test.

    The sequences are the same drives as in `frames`, under the same track numbers: were they in
    training, a replay of a sequence would test what the network has seen.
    """
    held_out = tracks_in_sequences(folder / 'gtsrb' / 'sequences')
    return split_by_group(samples, validation_share, test_share, seed, held_out)


def data_hash(samples: list[Sample]) -> str:
    """Return a SHA-256 over names, labels, groups and pixels, in order."""
    digest = hashlib.sha256()
    for sample in samples:
        digest.update(f'{sample.source}/{sample.name}/{sample.label}/{sample.group}'.encode())
        digest.update(sample.pixels.tobytes())
    return digest.hexdigest()
