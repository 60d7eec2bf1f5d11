# SPDX-License-Identifier: Apache-2.0
"""A bundle, by its path, on a runtime, by its name: what a tool needs to classify."""

from pathlib import Path

import cv2

from mobilenet_perception.bundle import load_bundle
from mobilenet_perception.classifier import Classifier
from mobilenet_perception.faults import Faults
from mobilenet_perception.runtimes import create_runtime


def open_classifier(
    bundle: Path, runtime: str, threads: int, faults: Faults | None = None
) -> Classifier:
    """Load a bundle on a runtime, with faults if any are given.

    Raises:
        PerceptionError: the bundle is unsound or the runtime not installed.
    """
    # One frame at a time, and small ones: OpenCV's threads cost more than they give.
    cv2.setNumThreads(1)
    found = create_runtime(runtime, threads)
    return Classifier(load_bundle(bundle), found if faults is None else faults.runtime(found))
