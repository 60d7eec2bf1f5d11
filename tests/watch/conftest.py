# SPDX-License-Identifier: Apache-2.0
"""The fixtures of `tests.node`."""

from tests.node.conftest import environment, peer, start, tiny_bundle

__all__ = ['environment', 'peer', 'start', 'tiny_bundle']
