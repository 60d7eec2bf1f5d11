# SPDX-License-Identifier: Apache-2.0
"""Weights from elsewhere: by name, file, run or bundle; and which of them train."""

from training.networks.weights.freezing import Trainable, train_from
from training.networks.weights.keras2_model import load_keras2_model
from training.networks.weights.load import load_weights
from training.networks.weights.loaded import Loaded

__all__ = ['Loaded', 'Trainable', 'load_keras2_model', 'load_weights', 'train_from']
