# SPDX-License-Identifier: Apache-2.0
"""A small network of two separable convolutions, as in the first experiments."""

import keras

from training.networks.layers import NetworkSettings, activate, classifier, image_input
from training.networks.modifications import Architecture, option


def build(settings: NetworkSettings) -> keras.Model:
    """Return two separable convolutions of 32 and 64 channels at alpha 1, with random weights.

    The first experiments flattened their features (`modify` `flatten`); the mean is smaller and
    takes images of any size.
    """
    modify = settings.modify
    image = image_input(settings)
    features = image.scaled
    for number, channels in enumerate((32, 64)):
        name = f'block_{number}'
        features = keras.layers.SeparableConv2D(
            max(8, round(channels * settings.alpha)),
            option(modify, 'kernel_size', 3),
            padding='same',
            use_bias=False,
            name=f'{name}_conv',
        )(features)
        features = keras.layers.BatchNormalization(name=f'{name}_norm')(features)
        features = activate(features, option(modify, 'activation', 'relu6'), f'{name}_activation')
        features = keras.layers.MaxPooling2D(2, name=f'{name}_pool')(features)
    if option(modify, 'flatten', False):
        if settings.height is None or settings.width is None:
            raise ValueError('flatten needs one input size: give all stages the same')
        features = keras.layers.Flatten(name='flatten')(features)
    else:
        features = keras.layers.GlobalAveragePooling2D(name='pool')(features)
    return classifier(image, features, settings, 'separable_cnn')


ARCHITECTURES = {'separable_cnn': Architecture(build, ('kernel_size', 'activation', 'flatten'))}
