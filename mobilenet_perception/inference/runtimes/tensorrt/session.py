# SPDX-License-Identifier: Apache-2.0
"""A session: an engine ready to score; for a frame nothing is allocated but its scores.

Buffers that images and scores pass through are allocated once, and for each number of images at
once a lane is made ready.
"""

import ctypes
import weakref
from contextlib import ExitStack, suppress
from typing import Any

import numpy as np
import numpy.typing as npt

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.inference.runtimes.base import RuntimeSettings, Signature
from mobilenet_perception.inference.runtimes.tensorrt.engine import LoadedEngine
from mobilenet_perception.inference.runtimes.tensorrt.library import Library
from mobilenet_perception.system.cuda import Cuda, CudaError

# As cudaMalloc aligns; an engine may need none, and TensorRT wants an address all the same.
_SMALLEST_SCRATCH = 256


class Buffers:
    """Images and scores: pinned on the machine's side, and on the GPU's.

    Args:
        cuda: CUDA, with the GPU chosen.
        signature: of the variant.
        count: most images at once.
        resources: frees all of it.

    Attributes:
        images: (count, height, width, 3) uint8, pinned.
        scores: (count, classes) float32, pinned.
        gpu_images, gpu_scores: addresses on the GPU.
    """

    def __init__(self, cuda: Cuda, signature: Signature, count: int, resources: ExitStack) -> None:
        image_bytes = signature.height * signature.width * 3
        score_bytes = signature.classes * np.dtype(np.float32).itemsize
        images = _pinned(cuda, count * image_bytes, resources)
        scores = _pinned(cuda, count * score_bytes, resources)
        self.images = images.reshape(count, signature.height, signature.width, 3)
        self.scores = scores.view(np.float32).reshape(count, signature.classes)
        self.gpu_images = cuda.allocate(count * image_bytes)
        resources.callback(cuda.free, self.gpu_images)
        self.gpu_scores = cuda.allocate(count * score_bytes)
        resources.callback(cuda.free, self.gpu_scores)


class Lane:
    """A context of an engine with its shapes and addresses set, and its CUDA graph.

    A graph holds for the state that its context had when it was recorded: so each number of
    images has a context for itself, on memory that all share.

    Args:
        cuda: CUDA, with the GPU chosen.
        context: of the engine, ready to run.
        stream: where all of it runs.
        buffers: of the images and scores.
        count: how many images.
    """

    def __init__(
        self, cuda: Cuda, context: Any, stream: int, buffers: Buffers, count: int
    ) -> None:
        self._cuda = cuda
        self._context = context
        self._stream = stream
        self._images, self._gpu_images = buffers.images.ctypes.data, buffers.gpu_images
        self._scores, self._gpu_scores = buffers.scores.ctypes.data, buffers.gpu_scores
        self._image_bytes = buffers.images[:count].nbytes
        self._score_bytes = buffers.scores[:count].nbytes
        self._graph = 0

    def run(self) -> None:
        """Score the images that are in the buffers, by the graph where one was recorded."""
        if self._graph:
            self._cuda.launch(self._graph, self._stream)
        else:
            self._begin()
        self._cuda.wait(self._stream)

    def record(self, resources: ExitStack) -> None:
        """Record the CUDA graph; the lane must have run before, and runs on without if it fails.

        Args:
            resources: destroys the graph.

        Raises:
            PerceptionError: it cannot be recorded.
        """
        self._graph = self._cuda.record_graph(self._stream, self._begin)
        resources.callback(self._cuda.destroy_graph, self._graph)

    def upload(self) -> None:
        """Begin to copy the images to the GPU."""
        self._cuda.upload(self._gpu_images, self._images, self._image_bytes, self._stream)

    def compute(self) -> None:
        """Begin to run the engine.

        Raises:
            PerceptionError: TensorRT refuses.
        """
        if not self._context.execute_async_v3(self._stream):
            raise PerceptionError('TensorRT could not run the engine: restart the node')

    def download(self) -> None:
        """Begin to copy the scores from the GPU."""
        self._cuda.download(self._scores, self._gpu_scores, self._score_bytes, self._stream)

    def _begin(self) -> None:
        self.upload()
        self.compute()
        self.download()


class TensorRtSession:
    """One engine in TensorRT; see `Session`.

    Args:
        library: TensorRT.
        cuda: CUDA.
        plan: the serialised engine.
        name: of the variant, for messages.
        settings: the GPU, and whether to record CUDA graphs.

    Attributes:
        lanes: by number of images at once.
        stream: where all of them run.
        gpu_bytes: memory of the GPU that loading took, other programs' doings meanwhile included.
        without_graph: why a run is started kernel by kernel; empty: it is one CUDA graph.
        close: frees the memory, as it is freed when the session is forgotten.

    Raises:
        RuntimeUnavailableError: TensorRT refuses the engine, or the GPU's memory is full.
        BundleError: the engine is not of a variant.
    """

    def __init__(
        self, library: Library, cuda: Cuda, plan: bytes, name: str, settings: RuntimeSettings
    ) -> None:
        self._cuda, self._device, self._name = cuda, settings.device, name
        self.without_graph = '' if settings.cuda_graph else 'cuda_graph is off'
        cuda.use(settings.device)
        free_bytes = cuda.free_bytes()
        engine = LoadedEngine(library, plan, name, settings.dla_core)
        signature = engine.signature
        self.height, self.width = signature.height, signature.width
        self.classes, self.largest_batch = signature.classes, engine.largest_batch
        self.lanes: dict[int, Lane] = {}
        with ExitStack() as resources:
            self.stream = cuda.make_stream()
            resources.callback(cuda.destroy_stream, self.stream)
            self._buffers = Buffers(cuda, signature, engine.largest_batch, resources)
            scratch = _scratch(cuda, engine, resources)
            # The contexts go before the memory that they run on.
            resources.callback(self.lanes.clear)
            for count in range(1, engine.largest_batch + 1):
                self.lanes[count] = self._lane(engine, count, scratch, resources)
            resources.callback(cuda.wait, self.stream)
            self.close = weakref.finalize(
                self, _release, cuda, settings.device, resources.pop_all()
            )
        self.gpu_bytes = max(0, free_bytes - cuda.free_bytes())

    def run(self, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Classify one image; see `Session.run`."""
        scores: npt.NDArray[np.float32] = self.run_batch(image[np.newaxis])[0]
        return scores

    def run_batch(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Classify several images in one run; see `Session.run_batch`."""
        count = len(images)
        lane = self.lanes.get(count)
        if lane is None:
            raise PerceptionError(
                f'variant {self._name} cannot score {count} images at once: its engine is for 1 '
                f'to {self.largest_batch}, or was closed'
            )
        # The node loads in one thread and runs in another: each has to choose the GPU.
        self._cuda.use(self._device)
        self._buffers.images[:count] = images
        lane.run()
        return self._buffers.scores[:count].copy()

    def stop(self) -> None:
        """Do nothing: what a GPU has begun cannot be stopped, and takes milliseconds."""

    def _lane(
        self, engine: LoadedEngine, count: int, scratch: tuple[int, int], resources: ExitStack
    ) -> Lane:
        buffers = self._buffers
        context = engine.make_context(
            count, buffers.gpu_images, buffers.gpu_scores, scratch, self.stream
        )
        lane = Lane(self._cuda, context, self.stream, buffers, count)
        # The first run sets up what cannot be set up while recording.
        lane.run()
        if not self.without_graph:
            try:
                lane.record(resources)
            except PerceptionError as error:
                self.without_graph = str(error)
        return lane


def _pinned(cuda: Cuda, size: int, resources: ExitStack) -> npt.NDArray[np.uint8]:
    address = cuda.allocate_pinned(size)
    resources.callback(cuda.free_pinned, address)
    return np.ctypeslib.as_array((ctypes.c_uint8 * size).from_address(address))


def _scratch(cuda: Cuda, engine: LoadedEngine, resources: ExitStack) -> tuple[int, int]:
    """Allocate what all lanes share: only one runs at a time. Returns address and size."""
    size = max(_SMALLEST_SCRATCH, engine.scratch_bytes)
    address = cuda.allocate(size)
    resources.callback(cuda.free, address)
    return address, size


def _release(cuda: Cuda, device: int, resources: ExitStack) -> None:
    # At the end of the process the driver may be gone already.
    with suppress(CudaError):
        cuda.use(device)
    with suppress(CudaError):
        resources.close()
