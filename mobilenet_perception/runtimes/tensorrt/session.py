# SPDX-License-Identifier: Apache-2.0
"""An engine ready to score: for a frame nothing is allocated but the array of its scores."""

import weakref
from contextlib import ExitStack, suppress

import numpy as np
import numpy.typing as npt

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.runtimes.settings import RuntimeSettings
from mobilenet_perception.runtimes.tensorrt.buffers import Buffers
from mobilenet_perception.runtimes.tensorrt.cuda import Cuda
from mobilenet_perception.runtimes.tensorrt.cuda_errors import CudaError
from mobilenet_perception.runtimes.tensorrt.engine import LoadedEngine
from mobilenet_perception.runtimes.tensorrt.lane import Lane
from mobilenet_perception.runtimes.tensorrt.library import Library

# As cudaMalloc aligns; an engine may need none, and TensorRT wants an address all the same.
_SMALLEST_SCRATCH = 256


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
