# SPDX-License-Identifier: Apache-2.0
"""Networks by name: each takes raw 0 to 255 RGB, scales it inside, and gives logits."""

from training.networks.layers import NetworkSettings
from training.networks.network import MODIFICATIONS, build_network
from training.networks.structure import blocks

__all__ = ['MODIFICATIONS', 'NetworkSettings', 'blocks', 'build_network']
