# SPDX-License-Identifier: Apache-2.0
"""ONNX Runtime on the CPU."""

import numpy as np
import numpy.typing as npt
import onnxruntime

from mobilenet_perception.errors import BundleError
from mobilenet_perception.runtimes.base import Session

# Of a model whose first dimension is free: more frames than this do not wait at a time.
_LARGEST_BATCH = 8


class OnnxRuntime:
    """ONNX Runtime's CPU execution provider.

    Args:
        threads: CPU threads of one inference. With two or more, ORT's threads would spin between
            frames and burn a core; they are told to stop spinning when a run ends.
    """

    name = 'onnxruntime'
    version: str = onnxruntime.__version__

    def __init__(self, threads: int = 1) -> None:
        self._options = onnxruntime.SessionOptions()
        self._options.intra_op_num_threads = threads
        self._options.inter_op_num_threads = 1
        self._options.log_severity_level = 4
        self._options.add_session_config_entry('session.force_spinning_stop', '1')

    def load(self, model: bytes, name: str) -> Session:
        """Load a model; see `Runtime.load`."""
        try:
            # From memory, so that a model cannot make ORT open further files.
            session = onnxruntime.InferenceSession(
                model, self._options, providers=['CPUExecutionProvider']
            )
        except Exception as error:  # ORT raises a family of unrelated types
            first_line = str(error).strip().splitlines()[0]
            raise BundleError(
                f'variant {name}: ONNX Runtime refuses the model: {first_line}'
            ) from error
        return OnnxRuntimeSession(session, name)


class OnnxRuntimeSession:
    """One model in ONNX Runtime; see `Session`."""

    def __init__(self, session: onnxruntime.InferenceSession, name: str) -> None:
        inputs, outputs = session.get_inputs(), session.get_outputs()
        image, scores = inputs[0], outputs[0]
        if (
            (len(inputs), len(outputs)) != (1, 1)
            or (image.type, scores.type) != ('tensor(uint8)', 'tensor(float)')
            or len(image.shape) != 4
            or len(scores.shape) != 2
            or image.shape[3] != 3
            # One image, or as many as one likes: then the size has a name.
            or any(
                size != 1 and not isinstance(size, str)
                for size in (image.shape[0], scores.shape[0])
            )
            or not all(isinstance(size, int) for size in (*image.shape[1:], scores.shape[1]))
        ):
            raise BundleError(
                f'variant {name} must take uint8 [1 or batch, height, width, 3] and give float '
                f'[1 or batch, classes]; it takes {image.type} {image.shape} and gives '
                f'{scores.type} {scores.shape}'
            )
        self.height: int = image.shape[1]
        self.width: int = image.shape[2]
        self.classes: int = scores.shape[1]
        self.largest_batch: int = 1 if image.shape[0] == 1 else _LARGEST_BATCH
        self._session = session
        self._input = image.name
        self._outputs = [scores.name]
        self._run_options = onnxruntime.RunOptions()
        self._run_options.log_severity_level = 4

    def run(self, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Classify one image; see `Session.run`."""
        scores: npt.NDArray[np.float32] = self.run_batch(image[np.newaxis])[0]
        return scores

    def run_batch(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Classify several images in one run; see `Session.run_batch`."""
        self._run_options.terminate = False
        scores: npt.NDArray[np.float32] = self._session.run(
            self._outputs, {self._input: images}, self._run_options
        )[0]
        return scores

    def stop(self) -> None:
        """Stop the run under way before its next operator; see `Session.stop`."""
        self._run_options.terminate = True


def create(threads: int) -> OnnxRuntime:
    """Return the runtime."""
    return OnnxRuntime(threads)
