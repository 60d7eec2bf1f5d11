# SPDX-License-Identifier: Apache-2.0
"""The origin of weights: the architecture, width and input size that they were trained with.

A run and a bundle say it; of a file, the shapes of its layers tell the architecture and the width,
and its input layer or its name the size.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from mobilenet_perception.inference.bundle import load_bundle
from training.networks.network import ARCHITECTURES
from training.networks.weights.load import looks_like
from training.networks.weights.stored import Stored, read_stored

IMAGENET_SIZE = 224
# As keras.applications names its files: mobilenet_v2_..._0.35_224_no_top.h5.
_SIZE_IN_NAME = re.compile(r'(?<![\d.])(96|128|160|192|224|240|256|299|320|384)(?!\d|\.\d)')


class Origin(NamedTuple):
    """What weights are of.

    Attributes:
        architecture: a name in `training.networks`; None: it cannot be told.
        alpha: width multiplier; None: it cannot be told.
        size: side of the images that they were trained with, in pixels.
        modify: changes of the architecture.
    """

    architecture: str | None
    alpha: float | None
    size: int
    modify: Mapping[str, Any] = MappingProxyType({})


def origin(source: str) -> Origin:
    """Return what weights are of; `imagenet` names no architecture of its own.

    Args:
        source: as `load_weights` takes it.

    Raises:
        PerceptionError: there are no such weights, or they cannot be read.
    """
    if source == 'imagenet':
        return Origin(None, None, IMAGENET_SIZE)
    path = Path(source)
    if (path / 'bundle.json').is_file():
        variants = load_bundle(path).manifest.variants
        known = (v for v in variants if v.architecture in ARCHITECTURES and v.precision == 'fp32')
        best = next(known, variants[0])
        return Origin(best.architecture, best.alpha, min(best.height, best.width))
    if (path / 'configuration.json').is_file():
        return _of_run(path)
    return _of_stored(read_stored(path), path)


def _of_run(folder: Path) -> Origin:
    configuration = json.loads((folder / 'configuration.json').read_text())
    network, last = configuration['network'], configuration['stages'][-1]
    return Origin(
        network['architecture'],
        network['alpha'],
        min(last['height'], last['width']),
        network.get('modify', {}),
    )


def _of_stored(stored: Stored, path: Path) -> Origin:
    named = _SIZE_IN_NAME.findall(path.stem)
    size = stored.size or (int(named[-1]) if named else IMAGENET_SIZE)
    found = looks_like(stored.layers)
    return Origin(*found, size) if found else Origin(None, None, size)
