# SPDX-License-Identifier: Apache-2.0
"""Which values an augmentation may have."""

from training.configuration import Augmentation
from training.errors import TrainingError

# Beyond these, what an image shows would be gone.
_RANGES = {
    'rotation': (0, 180),
    'zoom': (0, 1),
    'translation': (0, 0.5),
    'brightness': (0, 0.9),
    'contrast': (0, 0.9),
    'blur': (0, 1),
    'noise': (0, 1),
    'randaugment': (0, 10),
    'randaugment_magnitude': (0, 10),
    'mixup': (0, 10),
    'cutmix': (0, 10),
    'erasing': (0, 1),
}


def check_augmentation(augmentation: Augmentation) -> None:
    """Check ranges.

    Raises:
        TrainingError: a value is out of range, with what is allowed.
    """
    if augmentation.flip and augmentation.mirrored:
        raise TrainingError(
            'augmentation.flip mirrors all images and augmentation.mirrored those of some labels: '
            'give one of the two'
        )
    for name, (least, most) in _RANGES.items():
        value = getattr(augmentation, name)
        if not least <= value <= most:
            raise TrainingError(
                f'augmentation.{name} is {value:g}: give a number from {least:g} to {most:g}'
            )
