# SPDX-License-Identifier: Apache-2.0
"""A bundle, by its path, on a runtime, by its name: what a tool needs to classify."""

from collections.abc import Callable
from pathlib import Path

import cv2

from mobilenet_perception.bundle import load_bundle
from mobilenet_perception.classifier import Classifier
from mobilenet_perception.faults import Faults
from mobilenet_perception.runtimes import RuntimeSettings
from mobilenet_perception.runtimes.choose import choose_runtime


def open_classifier(
    bundle: Path,
    runtime: str,
    threads: int,
    faults: Faults | None = None,
    say: Callable[[str], None] = lambda words: None,
) -> Classifier:
    """Load a bundle on a runtime, with faults if any are given.

    Args:
        bundle: its folder.
        runtime: name of a runtime, or `auto`.
        threads: CPU threads of one inference.
        faults: what goes wrong on purpose.
        say: told what takes long, such as the building of an engine.

    Raises:
        PerceptionError: the bundle is unsound or the runtime not installed.
    """
    # One frame at a time, and small ones: OpenCV's threads cost more than they give.
    cv2.setNumThreads(1)
    found = choose_runtime(runtime, RuntimeSettings(threads=threads), say)
    return Classifier(load_bundle(bundle), found if faults is None else faults.runtime(found))
