# SPDX-License-Identifier: Apache-2.0
"""The two ends that all networks share: the scaled image, and the classifier."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import keras

from training.networks.settings import NetworkSettings


class Image(NamedTuple):
    """The input layer's tensor, and what the network goes on with."""

    raw: Any
    scaled: Any


def image_input(
    settings: NetworkSettings,
    scale: float | Sequence[float] = 1 / 127.5,
    offset: float | Sequence[float] = -1.0,
) -> Image:
    """Return the layer `image` and its scaled values.

    Args:
        settings: gives height and width.
        scale: multiplies each value; one number, or one per channel.
        offset: is added after that. The defaults map 0 to 255 to -1 to 1.

    Returns:
        Tensors (batch, height, width, 3) of RGB; the raw one in 0 to 255.
    """
    raw = keras.Input((settings.height, settings.width, 3), name='image')
    return Image(raw, keras.layers.Rescaling(scale, offset=offset, name='scale')(raw))


def classifier(image: Image, features: Any, settings: NetworkSettings, name: str) -> keras.Model:
    """Return the network that ends in dropout and the dense layer `logits`.

    Args:
        image: of `image_input`.
        features: tensor (batch, channels) that comes from it.
        settings: gives dropout and the number of classes.
        name: of the network.
    """
    dropped = keras.layers.Dropout(settings.dropout, name='dropout')(features)
    logits = keras.layers.Dense(settings.classes, name='logits')(dropped)
    return keras.Model(image.raw, logits, name=name)


def pooled_features(
    application: Callable[..., keras.Model], features: Any, settings: NetworkSettings
) -> Any:
    """Return the averaged features of a MobileNet of `keras.applications`, random weights."""
    return application(
        input_tensor=features,
        alpha=settings.alpha,
        include_top=False,
        pooling='avg',
        weights=None,
    ).output
