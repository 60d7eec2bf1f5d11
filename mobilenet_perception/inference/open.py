# SPDX-License-Identifier: Apache-2.0
"""A bundle, by its path, on a runtime, by its name: what a tool needs to classify."""

from collections.abc import Callable
from pathlib import Path

import cv2

from mobilenet_perception.inference.bundle import load_bundle
from mobilenet_perception.inference.classifier import Classifier
from mobilenet_perception.inference.runtimes import Runtime, RuntimeSettings
from mobilenet_perception.inference.runtimes.choose import choose_runtime


def open_classifier(
    bundle: Path,
    runtime: str,
    threads: int,
    wrap: Callable[[Runtime], Runtime] = lambda runtime: runtime,
    notify: Callable[[str], None] = lambda words: None,
) -> Classifier:
    """Load a bundle on a runtime.

    Args:
        bundle: its folder.
        runtime: name of a runtime, or `auto`.
        threads: CPU threads of one inference.
        wrap: what to put around the runtime, such as faults on purpose.
        notify: told what takes long, such as the building of an engine.

    Raises:
        PerceptionError: the bundle is unsound or the runtime not installed.
    """
    # One frame at a time, and small ones: OpenCV's threads cost more than they give.
    cv2.setNumThreads(1)
    found = choose_runtime(runtime, RuntimeSettings(threads=threads), notify)
    return Classifier(load_bundle(bundle), wrap(found))
