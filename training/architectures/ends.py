# SPDX-License-Identifier: Apache-2.0
"""The two ends that all networks share: the scaled image, and the classifier."""

from typing import Any

import keras

from training.architectures.settings import NetworkSettings


def image_input(settings: NetworkSettings, scale: float = 1 / 127.5, offset: float = -1.0) -> Any:
    """Return the layer `image`, scaled.

    Args:
        settings: gives height and width.
        scale: multiplies each value.
        offset: is added after that. The defaults map 0 to 255 to -1 to 1.

    Returns:
        A tensor (batch, height, width, 3), RGB, of an input in 0 to 255.
    """
    image = keras.Input((settings.height, settings.width, 3), name='image')
    return keras.layers.Rescaling(scale, offset=offset, name='scale')(image)


def classifier(features: Any, settings: NetworkSettings, name: str) -> keras.Model:
    """Return the network that ends in dropout and the dense layer `logits`.

    Args:
        features: tensor (batch, channels) that comes from `image_input`.
        settings: gives dropout and the number of classes.
        name: of the network.
    """
    image = keras.utils.get_source_inputs(features)[0]
    dropped = keras.layers.Dropout(settings.dropout, name='dropout')(features)
    logits = keras.layers.Dense(settings.classes, name='logits')(dropped)
    return keras.Model(image, logits, name=name)
