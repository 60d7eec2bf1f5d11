# SPDX-License-Identifier: Apache-2.0
"""The sidecar of an engine: a readable file that says what it is, why it was built, and how."""

import json
from typing import Any, NamedTuple

from mobilenet_perception.bundle.seal import FileEntry, is_sealed, sealed_json
from mobilenet_perception.engines.key import EngineKey, key_from_json, key_to_json
from mobilenet_perception.errors import UnusableEngineError

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
