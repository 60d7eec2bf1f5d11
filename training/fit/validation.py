# SPDX-License-Identifier: Apache-2.0
"""The images by which a training is judged, as the runtime would see them."""

from collections.abc import Sequence

import numpy as np

from training.data.batches import one_hot
from training.data.sample import Sample
from training.fit.inputs import network_inputs
from training.fit.pipeline import Arrays, Feed, Shape

_KEPT_BYTES = 2**29


def validation_feed(
    samples: Sequence[Sample], labels: tuple[str, ...], height: int, width: int, batch_size: int
) -> Feed:
    """Return batches of (images uint8, one-hot float32); kept in memory if they are small.

    Raises:
        TrainingError: a label is no class.
    """
    targets = one_hot([sample.label for sample in samples], labels)

    def make(index: int) -> Arrays:
        some = slice(index * batch_size, (index + 1) * batch_size)
        return network_inputs(samples[some], height, width), targets[some]

    feed = Feed(
        make,
        range(-(-len(samples) // batch_size)),
        (
            Shape(np.uint8, (None, height, width, 3)),
            Shape(np.float32, (None, len(labels))),
        ),
    )
    if len(samples) * height * width * 3 <= _KEPT_BYTES:
        feed.data = feed.data.cache()
    return feed
