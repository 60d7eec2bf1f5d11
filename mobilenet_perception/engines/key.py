# SPDX-License-Identifier: Apache-2.0
"""The key of an engine: all that must be equal for it to be used again."""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple


class EngineKey(NamedTuple):
    """All that must be equal for an engine to be used again.

    Attributes:
        model_sha256: SHA-256 of the ONNX model's bytes, in hexadecimal.
        library: what built it, such as `tensorrt`.
        library_version: of that, such as `10.13.0`.
        gpu_name: such as `Orin`.
        compute_capability: of the GPU, such as `8.7`.
        options: name and value of each build option, sorted by name.
    """

    model_sha256: str
    library: str
    library_version: str
    gpu_name: str
    compute_capability: str
    options: tuple[tuple[str, str], ...]

    @property
    def digest(self) -> str:
        """SHA-256 over all of it, in hexadecimal: it names the files."""
        return _sha256(key_to_json(self))

    @property
    def target(self) -> str:
        """Names the library, its version and the GPU: what a timing cache is good for."""
        parts = self[1:5]
        readable = re.sub(r'[^A-Za-z0-9.]+', '_', '-'.join(parts))[:100]
        return f'{readable}-{_sha256(parts)[:12]}'


def key_to_json(key: EngineKey) -> dict[str, Any]:
    """Return a key as JSON values."""
    return {**key._asdict(), 'options': dict(sorted(key.options))}


def key_from_json(value: Mapping[str, Any]) -> EngineKey:
    """Return the key that `key_to_json` gave.

    Raises:
        KeyError, TypeError, AttributeError: the values are no key.
    """
    options = {str(name): str(chosen) for name, chosen in value['options'].items()}
    return EngineKey(
        str(value['model_sha256']),
        str(value['library']),
        str(value['library_version']),
        str(value['gpu_name']),
        str(value['compute_capability']),
        tuple(sorted(options.items())),
    )


def differences(old: EngineKey, new: EngineKey) -> list[str]:
    """Say in what a key differs from an earlier one; nothing where they are equal."""
    told = []
    if old.model_sha256 != new.model_sha256:
        told.append('the model changed')
    if old[1:3] != new[1:3]:
        told.append(f'the library was {" ".join(old[1:3])} and is {" ".join(new[1:3])}')
    if old[3:5] != new[3:5]:
        told.append(f'the GPU was {_gpu(old)} and is {_gpu(new)}')
    before, now = dict(old.options), dict(new.options)
    for name in sorted(before.keys() | now.keys()):
        was, chosen = (options.get(name, 'not set') for options in (before, now))
        if was != chosen:
            told.append(f'{name} was {was} and is {chosen}')
    return told


def _gpu(key: EngineKey) -> str:
    return f'{key.gpu_name} ({key.compute_capability})'


def _sha256(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
