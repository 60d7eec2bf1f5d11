# SPDX-License-Identifier: Apache-2.0
"""ONNX Runtime on the CPU."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import onnxruntime

from mobilenet_perception.errors import BundleError
from mobilenet_perception.inference.runtimes import base

# Of a model whose first dimension is free: more frames than this do not wait at a time.
_LARGEST_BATCH = 8
_KINDS = {'tensor(uint8)': 'uint8', 'tensor(float)': 'float32'}


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

    def load(self, model: bytes, name: str) -> base.Session:
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
        found = base.read_signature(name, _tensors(inputs), _tensors(outputs))
        self.height: int = found.height
        self.width: int = found.width
        self.classes: int = found.classes
        self.largest_batch: int = _LARGEST_BATCH if found.takes_several else 1
        self._session = session
        self._input: str = inputs[0].name
        self._outputs = [outputs[0].name]
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


def create(settings: base.RuntimeSettings, notify: Callable[[str], None]) -> OnnxRuntime:
    """Return the runtime; it has nothing to say."""
    return OnnxRuntime(settings.threads)


def _tensors(values: Sequence[onnxruntime.NodeArg]) -> list[base.Tensor]:
    return [
        base.Tensor(
            _KINDS.get(value.type, value.type),
            tuple(size if isinstance(size, int) else None for size in value.shape),
        )
        for value in values
    ]
