# SPDX-License-Identifier: Apache-2.0
"""A runtime as on a slower processor: each run is done several times over."""

import numpy as np
import numpy.typing as npt

from mobilenet_perception.inference.runtimes import Runtime, create_runtime
from mobilenet_perception.inference.runtimes.base import Session


class SlowerRuntime:
    """ONNX Runtime, so many times slower; see `Runtime`."""

    def __init__(self, times: int) -> None:
        self._runtime: Runtime = create_runtime()
        self._times = times
        self.name = self._runtime.name
        self.version = self._runtime.version

    def load(self, model: bytes, name: str) -> Session:
        """Load a model; see `Runtime.load`."""
        return _SlowerSession(self._runtime.load(model, name), self._times)


class _SlowerSession:
    def __init__(self, session: Session, times: int) -> None:
        self.height = session.height
        self.width = session.width
        self.classes = session.classes
        self.largest_batch = session.largest_batch
        self._session = session
        self._times = times
        self._stopped = False

    def run(self, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        scores: npt.NDArray[np.float32] = self.run_batch(image[np.newaxis])[0]
        return scores

    def run_batch(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        self._stopped = False
        for _ in range(self._times):
            scores = self._session.run_batch(images)
            if self._stopped:
                raise RuntimeError('the run was stopped')
        return scores

    def stop(self) -> None:
        self._stopped = True
        self._session.stop()
