# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import numpy as np
import pytest

from mobilenet_perception.street import LABELS
from training.data.readers.street_signals import read_street_signals
from training.errors import TrainingError
from training.images.mixture import Mixture


def test_the_mixture_is_balanced_and_names_what_is_missing(data: Path) -> None:
    samples = read_street_signals(data).samples
    mixture = Mixture(samples, {'lights': 1.0, 'background': 1.0}, {})
    random = np.random.default_rng(0)
    labels = [mixture.draw(0, index, 32, 32, random).label for index in range(300)]
    assert 110 < labels.count('background') < 190
    assert {label for label in labels if label != 'background'} == set(LABELS[:3])
    with pytest.raises(TrainingError, match='names drive, which has no samples'):
        Mixture(samples, {'drive': 1.0}, {})
