# SPDX-License-Identifier: Apache-2.0
"""Networks by name: each takes raw 0 to 255 RGB, scales it inside, and gives logits."""

from training.networks.layers import NetworkSettings
from training.networks.network import ARCHITECTURES, MODIFICATIONS, build_network
from training.networks.structure import blocks

__all__ = ['ARCHITECTURES', 'MODIFICATIONS', 'NetworkSettings', 'blocks', 'build_network']
