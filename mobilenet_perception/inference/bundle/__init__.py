# SPDX-License-Identifier: Apache-2.0
"""The model bundle: manifest, checksums, labels, golden frames."""

from mobilenet_perception.inference.bundle.bundle import Bundle, load_bundle
from mobilenet_perception.inference.bundle.default import default_bundle_path
from mobilenet_perception.inference.bundle.manifest import Decision, GoldenFrame, Manifest, Variant
from mobilenet_perception.inference.bundle.self_test import self_test
from mobilenet_perception.inference.bundle.write import write_bundle

__all__ = [
    'Bundle',
    'Decision',
    'GoldenFrame',
    'Manifest',
    'Variant',
    'default_bundle_path',
    'load_bundle',
    'self_test',
    'write_bundle',
]
