# SPDX-License-Identifier: Apache-2.0
"""Networks by name: each takes raw 0 to 255 RGB, scales it inside, and gives logits."""

from training.architectures.blocks import blocks
from training.architectures.network import ARCHITECTURES, MODIFICATIONS, build_network
from training.architectures.settings import NetworkSettings

__all__ = ['ARCHITECTURES', 'MODIFICATIONS', 'NetworkSettings', 'blocks', 'build_network']
