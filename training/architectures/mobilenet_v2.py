# SPDX-License-Identifier: Apache-2.0
"""MobileNet V2: Sandler et al., Inverted Residuals and Linear Bottlenecks, CVPR 2018."""

import keras

from training.architectures.ends import classifier, image_input
from training.architectures.settings import NetworkSettings


def build(settings: NetworkSettings) -> keras.Model:
    """Return MobileNet V2 with random weights, from `keras.applications`."""
    backbone = keras.applications.MobileNetV2(
        input_tensor=image_input(settings),
        alpha=settings.alpha,
        include_top=False,
        pooling='avg',
        weights=None,
    )
    return classifier(backbone.output, settings, 'mobilenet_v2')
