# SPDX-License-Identifier: Apache-2.0
"""A bundle that tests build in a moment: it says whether an image is red, green or blue."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper

from mobilenet_perception.inference.bundle import Bundle, Decision, Manifest, Variant, write_bundle
from mobilenet_perception.inference.runtimes import create_runtime

LABELS = ('red', 'green', 'blue')
COLOURS = {'red': (200, 30, 20), 'green': (20, 190, 40), 'blue': (10, 40, 180)}


def tiny_model(height: int = 8, width: int = 8, work: int = 0) -> bytes:
    """Return an ONNX model: softmax over the mean of each channel.

    Args:
        height: rows of the input.
        width: columns of the input.
        work: side of matrices multiplied in vain, to make a model as slow as one likes.
    """
    nodes = [
        helper.make_node('Cast', ['image'], ['cast'], to=TensorProto.FLOAT),
        helper.make_node('ReduceMean', ['cast'], ['mean'], axes=[1, 2], keepdims=0),
        helper.make_node('Div', ['mean', 'temperature'], ['logits']),
    ]
    constants = [helper.make_tensor('temperature', TensorProto.FLOAT, [], [20.0])]
    last = 'logits'
    if work:
        matrix = np.eye(work, dtype=np.float32)
        constants += [
            onnx.numpy_helper.from_array(matrix, 'matrix'),
            helper.make_tensor('zero', TensorProto.FLOAT, [], [0.0]),
        ]
        # Depends on the input, so that it is not folded away on loading.
        nodes += [
            helper.make_node('ReduceMean', ['logits'], ['level'], keepdims=0),
            helper.make_node('Mul', ['matrix', 'level'], ['left']),
            helper.make_node('MatMul', ['left', 'matrix'], ['product']),
            helper.make_node('ReduceMean', ['product'], ['busy'], keepdims=0),
            helper.make_node('Mul', ['busy', 'zero'], ['nothing']),
            helper.make_node('Add', ['logits', 'nothing'], ['same']),
        ]
        last = 'same'
    nodes.append(helper.make_node('Softmax', [last], ['probabilities'], axis=-1))
    graph = helper.make_graph(
        nodes,
        'tiny',
        [helper.make_tensor_value_info('image', TensorProto.UINT8, [1, height, width, 3])],
        [helper.make_tensor_value_info('probabilities', TensorProto.FLOAT, [1, 3])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 17)], ir_version=8)
    serialised: bytes = model.SerializeToString()
    return serialised


def plain_image(label: str, height: int = 20, width: int = 30) -> npt.NDArray[np.uint8]:
    """Return an RGB image of the colour of a label."""
    return np.full((height, width, 3), COLOURS[label], np.uint8)


def tiny_manifest(labels: tuple[str, ...] = LABELS) -> Manifest:
    """Return the manifest of the tiny bundle, without golden frames."""
    return Manifest(
        name='tiny',
        task='colours',
        labels=labels,
        variants=(Variant('tiny', 'tiny.onnx', 'mean', 1.0, 8, 8, 'fp32', 1.0, 1, 192, 20.0),),
        calibration={},
        decision=Decision(0.6, 0.4),
        golden_tolerance=1e-4,
        golden=(),
        provenance={},
    )


def write_tiny_bundle(folder: Path, work: int = 0, labels: tuple[str, ...] = LABELS) -> Bundle:
    """Write the tiny bundle; `work` as in `tiny_model`, `labels` as it names red, green, blue."""
    return write_bundle(
        folder,
        tiny_manifest(labels),
        {'tiny': tiny_model(work=work)},
        [(label, label, plain_image(label)) for label in LABELS],
        '# tiny\n',
        create_runtime(),
    )
