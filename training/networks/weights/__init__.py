# SPDX-License-Identifier: Apache-2.0
"""Weights from elsewhere: by name, file, run or bundle; and which of them train."""

from training.networks.structure import train_from
from training.networks.weights.keras2 import load_keras2_model
from training.networks.weights.load import load_weights

__all__ = ['load_keras2_model', 'load_weights', 'train_from']
