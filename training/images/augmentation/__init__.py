# SPDX-License-Identifier: Apache-2.0
"""What a camera, the weather and a robot's way of cropping do to an image of a signal."""

from training.images.augmentation.augment import augment
from training.images.augmentation.compose import compose
from training.images.augmentation.mix import MixedBatch, mix_batch
from training.images.augmentation.photometry import degrade
from training.images.augmentation.sheet import augmentation_sheet

__all__ = [
    'MixedBatch',
    'augment',
    'augmentation_sheet',
    'compose',
    'degrade',
    'mix_batch',
]
