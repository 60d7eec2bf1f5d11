# SPDX-License-Identifier: Apache-2.0
"""What a network is given, and what it should answer, as arrays."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mobilenet_perception.frames import Frame, crop_and_resize
from training.data.sample import Pixels, Sample


def network_inputs(samples: Sequence[Sample], height: int, width: int) -> Pixels:
    """Return (n, height, width, 3) uint8 RGB, resized as the runtime does."""
    resized = [crop_and_resize(Frame(s.pixels, 'rgb'), height, width) for s in samples]
    return np.stack(resized) if resized else np.zeros((0, height, width, 3), np.uint8)


def label_indices(samples: Sequence[Sample], labels: Sequence[str]) -> npt.NDArray[np.int64]:
    """Return (n,) positions of the samples' labels in `labels`."""
    index_of = {label: index for index, label in enumerate(labels)}
    return np.array([index_of[sample.label] for sample in samples], np.int64)
