# SPDX-License-Identifier: Apache-2.0
"""A runtime's contract with the package: to load a model, and to run it, on what it may use."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

from mobilenet_perception.errors import BundleError

if TYPE_CHECKING:
    # The doctor asks which runtimes there are with the standard library alone.
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

    def run(self, image: 'npt.NDArray[np.uint8]') -> 'npt.NDArray[np.float32]':
        """Classify one image.

        Args:
            image: (height, width, 3) uint8 RGB, contiguous.

        Returns:
            (classes,) float32 probabilities, in the order of the bundle's labels.

        Raises:
            Exception: the runtime failed, or the run was stopped.
        """

    def run_batch(self, images: 'npt.NDArray[np.uint8]') -> 'npt.NDArray[np.float32]':
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


class RuntimeSettings(NamedTuple):
    """What a runtime may use of the machine; each takes what concerns it.

    Attributes:
        threads: CPU threads of one inference, from 1 (ONNX Runtime).
        device: number of the GPU, from 0 (TensorRT, as all that follows).
        workspace_mb: scratch memory that an operator may ask for, in 2^20 bytes, from 1.
        dla_core: number of the deep learning accelerator to run on, from 0, with the GPU for what
            it lacks; -1: the GPU alone.
        largest_batch: most frames at once that engines are built for, from 1.
        engines: folder of built engines; None: the user's cache.
        cuda_graph: start a run as one recorded CUDA graph, instead of kernel by kernel.
        library: `tensorrt`; or `tensorrt_rtx`, which compiles on machines without a GPU and runs
            nothing here.
    """

    threads: int = 1
    device: int = 0
    workspace_mb: int = 256
    dla_core: int = -1
    largest_batch: int = 4
    engines: Path | None = None
    cuda_graph: bool = True
    library: str = 'tensorrt'


DEFAULT = RuntimeSettings()


class Tensor(NamedTuple):
    """An input or output of a model.

    Attributes:
        kind: `uint8`, `float32`, or what else the runtime calls it.
        shape: sizes; None: free.
    """

    kind: str
    shape: tuple[int | None, ...]

    def __str__(self) -> str:
        sizes = ', '.join('any' if size is None else str(size) for size in self.shape)
        return f'{self.kind} [{sizes}]'


class Signature(NamedTuple):
    """What a variant takes and gives.

    Attributes:
        height: rows of the image, in pixels.
        width: columns, in pixels.
        classes: length of the scores of one image.
        takes_several: any number of images at once; else one.
    """

    height: int
    width: int
    classes: int
    takes_several: bool


def read_signature(name: str, inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> Signature:
    """Return what a variant takes and gives.

    Raises:
        BundleError: it is not uint8 NHWC in, probabilities out.
    """
    if (len(inputs), len(outputs)) == (1, 1):
        (image,), (scores,) = inputs, outputs
        if (image.kind, scores.kind) == ('uint8', 'float32') and (
            (len(image.shape), len(scores.shape)) == (4, 2)
        ):
            batch, height, width, channels = image.shape
            scored, classes = scores.shape
            if (
                channels == 3
                and {batch, scored} <= {1, None}
                and height is not None
                and width is not None
                and classes is not None
            ):
                return Signature(height, width, classes, batch is None)
    raise BundleError(
        f'variant {name} must take uint8 [1 or any, height, width, 3] and give float32 '
        f'[1 or any, classes]; it takes {_told(inputs)} and gives {_told(outputs)}: '
        'export it with training'
    )


def _told(tensors: Sequence[Tensor]) -> str:
    return ' and '.join(map(str, tensors)) or 'nothing'
