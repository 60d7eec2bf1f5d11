# SPDX-License-Identifier: Apache-2.0
"""ONNX Runtime on the CPU."""

import numpy as np
import numpy.typing as npt
import onnxruntime

from mobilenet_perception.errors import BundleError
from mobilenet_perception.runtimes.base import Session


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
            or (image.shape[3], scores.shape[0]) != (3, 1)
            or not all(isinstance(size, int) for size in (*image.shape, *scores.shape))
        ):
            raise BundleError(
                f'variant {name} must take uint8 [1, height, width, 3] and give float '
                f'[1, classes]; it takes {image.type} {image.shape} and gives '
                f'{scores.type} {scores.shape}'
            )
        self.height: int = image.shape[1]
        self.width: int = image.shape[2]
        self.classes: int = scores.shape[1]
        self._session = session
        self._input = image.name
        self._outputs = [scores.name]
        self._run_options = onnxruntime.RunOptions()
        self._run_options.log_severity_level = 4

    def run(self, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Classify one image; see `Session.run`."""
        self._run_options.terminate = False
        scores: npt.NDArray[np.float32] = self._session.run(
            self._outputs, {self._input: image[np.newaxis]}, self._run_options
        )[0][0]
        return scores

    def stop(self) -> None:
        """Stop the run under way before its next operator; see `Session.stop`."""
        self._run_options.terminate = True


def create(threads: int) -> OnnxRuntime:
    """Return the runtime."""
    return OnnxRuntime(threads)
