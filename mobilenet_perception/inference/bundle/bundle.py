# SPDX-License-Identifier: Apache-2.0
"""Load a model bundle: every byte is checked before anything is made of it."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mobilenet_perception.errors import BundleError, FrameError
from mobilenet_perception.frames.compressed import decode_bytes
from mobilenet_perception.inference.bundle.manifest import (
    Manifest,
    bundle_file,
    manifest_from_json,
)
from mobilenet_perception.system.files import FileEntry, entry_of, is_sealed, share_folder

MANIFEST_FILE = 'bundle.json'
MODEL_CARD_FILE = 'MODEL_CARD.md'
_MAX_FILE_BYTES = 512 * 1024 * 1024


class Bundle(NamedTuple):
    """A verified bundle, in memory.

    Attributes:
        folder: where it was read from.
        digest: SHA-256 that names this bundle.
        manifest: what `bundle.json` says.
        models: ONNX model of each variant, by the variant's name.
        golden_images: (height, width, 3) uint8 RGB, by file.
    """

    folder: Path
    digest: str
    manifest: Manifest
    models: dict[str, bytes]
    golden_images: dict[str, npt.NDArray[np.uint8]]


def load_bundle(folder: Path) -> Bundle:
    """Read and verify a bundle. Nothing in it is executed or unpickled.

    What is verified is what is used: each file is read once, and the bytes that match the
    checksum are the bytes handed on.

    Raises:
        BundleError: something is missing, damaged or inconsistent.
    """
    folder = Path(folder)
    value = _read_manifest(folder)
    manifest = manifest_from_json(value)
    contents = {path: _read(folder, path, entry) for path, entry in _entries(value).items()}
    models, images = {}, {}
    for variant in manifest.variants:
        models[variant.name] = _content(contents, variant.file)
    for golden in manifest.golden:
        images[golden.file] = _decode(golden.file, _content(contents, golden.file))
    if not images:
        raise BundleError(f'{folder}: the bundle has no golden frames, so it cannot prove itself')
    return Bundle(folder, str(value['digest']), manifest, models, images)


def default_bundle_path() -> Path:
    """Return the folder of the default bundle: street signals for a delivery robot.

    Raises:
        PerceptionError: the package is neither in a checkout nor installed with its data.
    """
    return share_folder() / 'bundles' / 'street_signals'


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST_FILE
    try:
        text = path.read_bytes()
    except OSError as error:
        raise BundleError(
            f'{folder} is not a model bundle: {MANIFEST_FILE} cannot be read ({error.strerror})'
        ) from error
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BundleError(f'{path} is not JSON ({error}): fetch the bundle again') from error
    if not isinstance(value, dict) or not is_sealed(text):
        raise BundleError(
            f'{path} was changed after the bundle was written (its digest does not match): '
            'fetch the bundle again, or write it anew with training'
        )
    return value


def _entries(value: dict[str, Any]) -> dict[str, FileEntry]:
    try:
        return {
            bundle_file(str(path)): FileEntry(int(entry['size']), str(entry['sha256']))
            for path, entry in value['files'].items()
        }
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BundleError(f'{MANIFEST_FILE}: files must list size and sha256 of each') from error


def _read(folder: Path, path: str, entry: FileEntry) -> bytes:
    try:
        size = (folder / path).stat().st_size
        if size != entry.size or size > _MAX_FILE_BYTES:
            raise BundleError(
                f'{folder / path} has {size} bytes where {MANIFEST_FILE} lists {entry.size}: '
                'the bundle is damaged; fetch it again'
            )
        content = (folder / path).read_bytes()
    except OSError as error:
        raise BundleError(
            f'{folder / path} cannot be read ({error.strerror}): the bundle is incomplete'
        ) from error
    if entry_of(content) != entry:
        raise BundleError(
            f'{folder / path} does not match its SHA-256 in {MANIFEST_FILE}: '
            'the bundle is damaged; fetch it again'
        )
    return content


def _content(contents: dict[str, bytes], path: str) -> bytes:
    if path not in contents:
        raise BundleError(f'{MANIFEST_FILE} uses {path} without listing its checksum in files')
    return contents[path]


def _decode(path: str, content: bytes) -> npt.NDArray[np.uint8]:
    try:
        return decode_bytes(content).rgb()
    except FrameError as error:
        raise BundleError(f'{path}: the golden frame is damaged: {error}') from error
