# SPDX-License-Identifier: Apache-2.0
"""Other families of `keras.applications`, to compare with: of one width, and larger."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import keras

from training.errors import TrainingError
from training.networks.layers import Builder, Image, NetworkSettings, classifier, image_input
from training.networks.modifications import Architecture

_MEAN = (0.485, 0.456, 0.406)
_DEVIATION = (0.229, 0.224, 0.225)


class Scaling(NamedTuple):
    """What a family's published weights expect: RGB, 0 to 255, times scale, plus offset."""

    scale: float | tuple[float, ...]
    offset: float | tuple[float, ...]
    bgr: bool = False


_TO_ONE = Scaling(1 / 127.5, -1.0)
_STANDARDIZED = Scaling(
    tuple(1 / (255 * deviation) for deviation in _DEVIATION),
    tuple(-mean / deviation for mean, deviation in zip(_MEAN, _DEVIATION, strict=True)),
)
_CENTRED_BGR = Scaling(1.0, (-123.68, -116.779, -103.939), bgr=True)
# EfficientNet standardises by itself, but its weights expect one more division, by the root of
# the deviation: keras.applications adds it only while it loads the weights.
_EFFICIENTNET = Scaling(
    tuple(deviation**-0.5 for deviation in _DEVIATION),
    tuple(
        255 * mean * (1 - deviation**-0.5)
        for mean, deviation in zip(_MEAN, _DEVIATION, strict=True)
    ),
)


class Family(NamedTuple):
    """A network of `keras.applications`, its scaling, and options it needs."""

    application: Callable[..., keras.Model]
    scaling: Scaling
    options: Mapping[str, bool] = {}


FAMILIES = {
    'densenet121': Family(keras.applications.DenseNet121, _STANDARDIZED),
    'efficientnet_b0': Family(keras.applications.EfficientNetB0, _EFFICIENTNET),
    'efficientnet_v2_b0': Family(
        keras.applications.EfficientNetV2B0, _STANDARDIZED, {'include_preprocessing': False}
    ),
    'nasnet_mobile': Family(keras.applications.NASNetMobile, _TO_ONE),
    'resnet50': Family(keras.applications.ResNet50, _CENTRED_BGR),
    'resnet50_v2': Family(keras.applications.ResNet50V2, _TO_ONE),
    'vgg16': Family(keras.applications.VGG16, _CENTRED_BGR),
    'xception': Family(keras.applications.Xception, _TO_ONE),
}


def scaled_image(scaling: Scaling, settings: NetworkSettings) -> Image:
    """Return the layer `image` and its values as `scaling` says."""
    image = image_input(settings, scaling.scale, scaling.offset)
    if not scaling.bgr:
        return image
    return image._replace(scaled=keras.ops.take(image.scaled, [2, 1, 0], axis=-1))


def _builder(name: str, family: Family) -> Builder:
    def build(settings: NetworkSettings) -> keras.Model:
        """Return the network with random weights.

        Raises:
            TrainingError: alpha is not 1.
        """
        if settings.alpha != 1.0:
            raise TrainingError(f'{name} has no width multiplier: alpha must be 1')
        image = scaled_image(family.scaling, settings)
        backbone = family.application(
            input_tensor=image.scaled,
            include_top=False,
            pooling='avg',
            weights=None,
            **family.options,
        )
        return classifier(image, backbone.output, settings, name)

    return build


ARCHITECTURES = {name: Architecture(_builder(name, family)) for name, family in FAMILIES.items()}
