# SPDX-License-Identifier: Apache-2.0
"""Optimisers by name."""

from typing import Any

import keras

from training.configuration import Optimizer

# Biases and batch norms: to shrink them only hurts (He et al., CVPR 2019, section 3.1).
_WITHOUT_DECAY = ['bias', 'gamma', 'beta']


def make_optimizer(settings: Optimizer, rate: Any) -> keras.Optimizer:
    """Return an optimiser.

    Args:
        settings: which, with decoupled weight decay, clipping and averaging.
        rate: learning rate or schedule.
    """
    common = {
        'learning_rate': rate,
        'global_clipnorm': settings.clip_norm or None,
        'use_ema': settings.ema > 0,
        'ema_momentum': settings.ema,
        # Keras decouples it from the gradient for every optimiser, not for AdamW alone.
        'weight_decay': settings.weight_decay or None,
    }
    optimizers = keras.optimizers
    if settings.name == 'sgd':
        made = optimizers.SGD(momentum=settings.momentum, nesterov=True, **common)
    elif settings.name == 'rmsprop':
        made = optimizers.RMSprop(momentum=settings.momentum, **common)
    elif settings.name == 'adam':
        made = optimizers.Adam(**common)
    else:
        made = optimizers.AdamW(**{**common, 'weight_decay': settings.weight_decay})
    made.exclude_from_weight_decay(var_names=_WITHOUT_DECAY)
    return made
