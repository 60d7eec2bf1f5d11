# SPDX-License-Identifier: Apache-2.0
"""The fixtures of `tests.ros.classifier`."""

from tests.ros.classifier.conftest import environment, peer, start, tiny_bundle

__all__ = ['environment', 'peer', 'start', 'tiny_bundle']
