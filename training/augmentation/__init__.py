# SPDX-License-Identifier: Apache-2.0
"""What a camera, the weather and a robot's way of cropping do to an image of a signal."""

from training.augmentation.compose import compose
from training.augmentation.photometry import degrade

__all__ = ['compose', 'degrade']
