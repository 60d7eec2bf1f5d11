# SPDX-License-Identifier: Apache-2.0
"""What a camera, the weather and a robot's way of cropping do to an image of a signal."""

from training.augmentation.augment import augment
from training.augmentation.compose import compose
from training.augmentation.mix import MixedBatch, mix_batch
from training.augmentation.photometry import degrade
from training.augmentation.ranges import check_augmentation
from training.augmentation.sheet import augmentation_sheet

__all__ = [
    'MixedBatch',
    'augment',
    'augmentation_sheet',
    'check_augmentation',
    'compose',
    'degrade',
    'mix_batch',
]
