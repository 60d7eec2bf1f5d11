# SPDX-License-Identifier: Apache-2.0
"""The model bundle: manifest, checksums, labels, golden frames."""

from mobilenet_perception.inference.bundle.bundle import Bundle, default_bundle_path, load_bundle
from mobilenet_perception.inference.bundle.golden_check import check_golden_frames
from mobilenet_perception.inference.bundle.manifest import Decision, Manifest, Variant
from mobilenet_perception.inference.bundle.write import write_bundle

__all__ = [
    'Bundle',
    'Decision',
    'Manifest',
    'Variant',
    'check_golden_frames',
    'default_bundle_path',
    'load_bundle',
    'write_bundle',
]
