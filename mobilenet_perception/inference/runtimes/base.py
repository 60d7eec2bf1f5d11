# SPDX-License-Identifier: Apache-2.0
"""What a runtime is to the rest of the package: a way to load a model, and to run it."""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt


class Session(Protocol):
    """One model, loaded and ready; used by one thread at a time."""

    @property
    def height(self) -> int:
        """Rows of the input, in pixels."""

    @property
    def width(self) -> int:
        """Columns of the input, in pixels."""

    @property
    def classes(self) -> int:
        """Length of the output."""

    @property
    def largest_batch(self) -> int:
        """Most images of one run; 1 where the model takes no more."""

    def run(self, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Classify one image.

        Args:
            image: (height, width, 3) uint8 RGB, contiguous.

        Returns:
            (classes,) float32 probabilities, in the order of the bundle's labels.

        Raises:
            Exception: the runtime failed, or the run was stopped.
        """

    def run_batch(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Classify several images in one run.

        Args:
            images: (1 to largest_batch, height, width, 3) uint8 RGB, contiguous.

        Returns:
            (images, classes) float32 probabilities, as `run` gives for each image.

        Raises:
            Exception: the runtime failed, or the run was stopped.
        """

    def stop(self) -> None:
        """Stop the run under way, called by another thread; nothing where a runtime cannot."""


class Runtime(Protocol):
    """What executes variants."""

    @property
    def name(self) -> str:
        """The name used in parameters and reports."""

    @property
    def version(self) -> str:
        """Version of the library behind it."""

    def load(self, model: bytes, name: str) -> Session:
        """Load the ONNX model of one variant; `name` is for messages.

        Raises:
            BundleError: the model cannot be loaded, or is not uint8 NHWC in, probabilities out.
        """


@runtime_checkable
class BuildingRuntime(Runtime, Protocol):
    """A runtime that compiles each model for this machine, once."""

    def unbuilt(self, models: Mapping[str, bytes]) -> dict[str, str]:
        """Return why models would have to be built on loading, by name; empty: none has to.

        Args:
            models: ONNX, by name of the variant.
        """
