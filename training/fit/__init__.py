# SPDX-License-Identifier: Apache-2.0
"""Fit a network: stages, checkpoints, curves; a killed run resumes."""

from training.fit.fitting import fit
from training.fit.inputs import label_indices, network_inputs
from training.fit.trained import load_network

__all__ = ['fit', 'label_indices', 'load_network', 'network_inputs']
