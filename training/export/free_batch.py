# SPDX-License-Identifier: Apache-2.0
"""A graph for one image becomes one for any number of them, so that cameras can share a run."""

import numpy as np
import onnx
from onnx import ModelProto, numpy_helper

from mobilenet_perception.inference.runtimes import create_runtime
from training.export.graph import Array, give_constant, load

_BATCH = 'batch'
_TOLERANCE = 1e-5


def free_batch(model: bytes) -> bytes:
    """Return the model with a free first dimension of its input and output, called `batch`.

    The same model is returned where that is not to be had: where an operator other than a reshape
    fixes the number of images, so that two at once do not score as each alone.
    """
    freed = load(model)
    for value in (freed.graph.input[0], freed.graph.output[0]):
        value.type.tensor_type.shape.dim[0].dim_param = _BATCH
    # Shapes inferred for one image.
    del freed.graph.value_info[:]
    _free_reshapes(freed)
    candidate: bytes = freed.SerializeToString()
    return candidate if _same_scores(model, candidate) else model


def _free_reshapes(model: ModelProto) -> None:
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type != 'Reshape' or node.input[1] not in constants:
            continue
        shape: Array = constants[node.input[1]].copy()
        if shape.size and shape[0] == 1 and -1 not in shape:
            shape[0] = -1
            give_constant(model, node, 1, shape)


def _same_scores(one: bytes, many: bytes) -> bool:
    runtime = create_runtime()
    alone = runtime.load(one, 'model')
    size = 2, alone.height, alone.width, 3
    images = np.random.default_rng(0).integers(0, 256, size, np.uint8)
    try:
        onnx.checker.check_model(onnx.load_from_string(many), full_check=True)
        found = runtime.load(many, 'model').run_batch(images)
    except Exception:  # of the checker or the runtime: this graph takes one image
        return False
    expected = np.stack([alone.run(image) for image in images])
    return found.shape == expected.shape and bool(np.abs(found - expected).max() <= _TOLERANCE)
