# SPDX-License-Identifier: Apache-2.0
"""An engine made ready for so many images at once."""

from contextlib import ExitStack
from typing import Any

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.runtimes.tensorrt.buffers import Buffers
from mobilenet_perception.runtimes.tensorrt.cuda import Cuda


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
