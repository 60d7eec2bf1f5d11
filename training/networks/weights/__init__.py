# SPDX-License-Identifier: Apache-2.0
"""Weights from elsewhere: by name, file, run or bundle; and which of them train."""

from training.networks.structure import Trainable, train_from
from training.networks.weights.keras2 import load_keras2_model
from training.networks.weights.load import LoadedWeights, load_weights

__all__ = ['LoadedWeights', 'Trainable', 'load_keras2_model', 'load_weights', 'train_from']
