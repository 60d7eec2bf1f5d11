# SPDX-License-Identifier: Apache-2.0
"""What decides a training: typed settings, their file, and recipes."""

from training.configuration.settings import (
    Augmentation,
    Configuration,
    Data,
    Hardware,
    Head,
    Loss,
    Network,
    Optimizer,
    Stage,
)

__all__ = [
    'Augmentation',
    'Configuration',
    'Data',
    'Hardware',
    'Head',
    'Loss',
    'Network',
    'Optimizer',
    'Stage',
]
