# SPDX-License-Identifier: Apache-2.0
"""Write a model bundle: golden scores by running, checksums, all or nothing."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from mobilenet_perception.errors import BundleError
from mobilenet_perception.inference.bundle.bundle import (
    MANIFEST_FILE,
    MODEL_CARD_FILE,
    Bundle,
    load_bundle,
)
from mobilenet_perception.inference.bundle.golden_check import check_golden_frames, golden_scores
from mobilenet_perception.inference.bundle.manifest import GoldenFrame, Manifest, manifest_to_json
from mobilenet_perception.inference.runtimes.base import Runtime
from mobilenet_perception.system.files import entry_of, sealed_json, whole_folder

GoldenImage = tuple[str, str, npt.NDArray[np.uint8]]


def write_bundle(
    folder: Path,
    manifest: Manifest,
    models: Mapping[str, bytes],
    golden: Sequence[GoldenImage],
    model_card: str,
    runtime: Runtime,
) -> Bundle:
    """Write a bundle, and load and self-test what was written.

    An existing bundle at `folder` is replaced at the end, in one move; if anything fails before,
    it stays as it is.

    Args:
        folder: where to.
        manifest: everything but `golden`, which is filled in by running the models.
        models: ONNX model of each variant, by the variant's name.
        golden: (file stem, label, (height, width, 3) uint8 RGB) of each golden frame.
        model_card: Markdown.
        runtime: what computes the golden scores.

    Raises:
        BundleError: models, labels and golden frames do not agree, or the folder holds
            something that is not a bundle.
    """
    folder = Path(folder)
    if folder.exists() and any(folder.iterdir()) and not (folder / MANIFEST_FILE).is_file():
        raise BundleError(f'{folder} holds something that is not a bundle: choose another folder')
    files = {variant.file: models[variant.name] for variant in manifest.variants}
    files[MODEL_CARD_FILE] = model_card.encode()
    frames = []
    sessions = {name: runtime.load(model, name) for name, model in models.items()}
    for stem, label, image in golden:
        file = f'golden/{stem}.png'
        files[file] = _png(image)
        scores = {
            name: tuple(round(float(score), 6) for score in golden_scores(session, image))
            for name, session in sessions.items()
        }
        frames.append(GoldenFrame(file, label, scores))
    value = manifest_to_json(manifest._replace(golden=tuple(frames)))
    value['files'] = {path: entry_of(content)._asdict() for path, content in files.items()}
    with whole_folder(folder) as new:
        for path, content in {**files, MANIFEST_FILE: sealed_json(value)}.items():
            (new / path).parent.mkdir(parents=True, exist_ok=True)
            (new / path).write_bytes(content)
        check_golden_frames(load_bundle(new), runtime)
    return load_bundle(folder)


def _png(image: npt.NDArray[np.uint8]) -> bytes:
    good, data = cv2.imencode('.png', cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    if not good:
        raise BundleError('a golden frame could not be encoded as PNG')
    return data.tobytes()
