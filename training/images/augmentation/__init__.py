# SPDX-License-Identifier: Apache-2.0
"""What a camera, the weather and a robot's way of cropping do to an image of a signal."""

from training.images.augmentation.augment import MixedBatch, augment, augmentation_sheet, mix_batch
from training.images.augmentation.operations import degrade
from training.images.compose import compose

__all__ = [
    'MixedBatch',
    'augment',
    'augmentation_sheet',
    'compose',
    'degrade',
    'mix_batch',
]
