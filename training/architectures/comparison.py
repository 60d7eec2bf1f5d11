# SPDX-License-Identifier: Apache-2.0
"""Other families of `keras.applications`, to compare with: of one width, and larger."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import keras

from training.architectures.ends import classifier, image_input
from training.architectures.settings import Builder, NetworkSettings
from training.errors import TrainingError

_MEAN = (0.485, 0.456, 0.406)
_DEVIATION = (0.229, 0.224, 0.225)


class _Scaling(NamedTuple):
    """What a family's published weights expect: RGB, 0 to 255, times scale, plus offset."""

    scale: float | tuple[float, ...]
    offset: float | tuple[float, ...]
    bgr: bool = False


_TO_ONE = _Scaling(1 / 127.5, -1.0)
_STANDARDIZED = _Scaling(
    tuple(1 / (255 * deviation) for deviation in _DEVIATION),
    tuple(-mean / deviation for mean, deviation in zip(_MEAN, _DEVIATION, strict=True)),
)
_CENTRED_BGR = _Scaling(1.0, (-123.68, -116.779, -103.939), bgr=True)
# EfficientNet standardises by itself, but its weights expect one more division, by the root of
# the deviation: keras.applications adds it only while it loads the weights.
_EFFICIENTNET = _Scaling(
    tuple(deviation**-0.5 for deviation in _DEVIATION),
    tuple(
        255 * mean * (1 - deviation**-0.5)
        for mean, deviation in zip(_MEAN, _DEVIATION, strict=True)
    ),
)


class _Family(NamedTuple):
    application: Callable[..., keras.Model]
    scaling: _Scaling
    options: Mapping[str, bool] = {}


_FAMILIES = {
    'densenet121': _Family(keras.applications.DenseNet121, _STANDARDIZED),
    'efficientnet_b0': _Family(keras.applications.EfficientNetB0, _EFFICIENTNET),
    'efficientnet_v2_b0': _Family(
        keras.applications.EfficientNetV2B0, _STANDARDIZED, {'include_preprocessing': False}
    ),
    'nasnet_mobile': _Family(keras.applications.NASNetMobile, _TO_ONE),
    'resnet50': _Family(keras.applications.ResNet50, _CENTRED_BGR),
    'resnet50_v2': _Family(keras.applications.ResNet50V2, _TO_ONE),
    'vgg16': _Family(keras.applications.VGG16, _CENTRED_BGR),
    'xception': _Family(keras.applications.Xception, _TO_ONE),
}


def builders() -> dict[str, Builder]:
    """Return a builder for each family, by name."""
    return {name: _builder(name, family) for name, family in _FAMILIES.items()}


def _builder(name: str, family: _Family) -> Builder:
    def build(settings: NetworkSettings) -> keras.Model:
        """Return the network with random weights.

        Raises:
            TrainingError: alpha is not 1.
        """
        if settings.alpha != 1.0:
            raise TrainingError(f'{name} has no width multiplier: alpha must be 1')
        scaling = family.scaling
        image = image_input(settings, scaling.scale, scaling.offset)
        scaled = image.scaled
        if scaling.bgr:
            scaled = keras.ops.take(scaled, [2, 1, 0], axis=-1)
        backbone = family.application(
            input_tensor=scaled, include_top=False, pooling='avg', weights=None, **family.options
        )
        return classifier(image, backbone.output, settings, name)

    return build
