# SPDX-License-Identifier: Apache-2.0
"""A fingerprint of a data set, by which a run is tied to what it was trained on."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from training.data.sample import Sample


def data_hash(samples: Sequence[Sample]) -> str:
    """Return a SHA-256 over names, labels, groups and pixels (or files), in order."""
    digest = hashlib.sha256()
    for sample in samples:
        digest.update(f'{sample.source}/{sample.name}/{sample.label}/{sample.group}'.encode())
        image = sample.image
        digest.update(image.read_bytes() if isinstance(image, Path) else image.tobytes())
    return digest.hexdigest()
