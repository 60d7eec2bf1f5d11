# SPDX-License-Identifier: Apache-2.0
"""The sidecar of an engine: a readable file that says what it is, why it was built, and how.

The key of an engine: all that must be equal for it to be used again.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from mobilenet_perception.errors import UnusableEngineError
from mobilenet_perception.system.checksums import FileEntry, is_sealed, sealed_json


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


SCHEMA = 'mobilenet_perception.engine'
SCHEMA_VERSION = 1


class Sidecar(NamedTuple):
    """What is known of an engine.

    Attributes:
        name: bundle and variant, such as `street_signals/mobilenet_v4_conv_small_0.5_64`.
        key: all that must be equal for it to be used again.
        plan_bytes: size of the engine.
        plan_sha256: SHA-256 of the engine, in hexadecimal.
        built_at: when, ISO 8601 in UTC.
        build_seconds: how long that took.
        reason: why it was built.
        precision_asked: such as `fp16`.
        precision_proven: number of layers by precision, as the engine itself tells; empty:
            unknown.
    """

    name: str
    key: EngineKey
    plan_bytes: int
    plan_sha256: str
    built_at: str
    build_seconds: float
    reason: str
    precision_asked: str
    precision_proven: dict[str, int]

    @property
    def plan(self) -> FileEntry:
        """Size and SHA-256 of the engine."""
        return FileEntry(self.plan_bytes, self.plan_sha256)


def sidecar_to_json(sidecar: Sidecar) -> dict[str, Any]:
    """Return a sidecar as JSON values, in the order in which a person reads them."""
    head = {'schema': SCHEMA, 'schema_version': SCHEMA_VERSION}
    return {**head, **sidecar._asdict(), 'key': key_to_json(sidecar.key)}


def sidecar_to_text(sidecar: Sidecar) -> bytes:
    """Return the content of a sidecar's file, with a checksum of itself."""
    return sealed_json(sidecar_to_json(sidecar))


def sidecar_from_text(text: bytes) -> Sidecar:
    """Read a sidecar strictly.

    Raises:
        UnusableEngineError: it is damaged or of another schema.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnusableEngineError(
            f'the engine is damaged: its sidecar is not JSON ({error})'
        ) from error
    if not isinstance(value, dict) or value.get('schema') != SCHEMA:
        raise UnusableEngineError('the engine is damaged: its sidecar is none')
    version = value.get('schema_version')
    if version != SCHEMA_VERSION:
        raise UnusableEngineError(
            f'the engine is of another release: its sidecar has schema version {version!r:.20} '
            f'and this release reads {SCHEMA_VERSION}'
        )
    if not is_sealed(text):
        raise UnusableEngineError(
            'the engine is damaged: its sidecar does not match its own checksum'
        )
    try:
        return _sidecar(value)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnusableEngineError(
            f'the engine is damaged: its sidecar is incomplete ({error!r})'
        ) from error


def _sidecar(value: dict[str, Any]) -> Sidecar:
    return Sidecar(
        name=str(value['name']),
        key=key_from_json(value['key']),
        plan_bytes=int(value['plan_bytes']),
        plan_sha256=str(value['plan_sha256']),
        built_at=str(value['built_at']),
        build_seconds=float(value['build_seconds']),
        reason=str(value['reason']),
        precision_asked=str(value['precision_asked']),
        precision_proven={
            str(name): int(count) for name, count in value['precision_proven'].items()
        },
    )
