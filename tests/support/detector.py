# SPDX-License-Identifier: Apache-2.0
"""A stand-in for YOLOX that tests write: it finds the red thing in a picture, and nothing else."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIDE = 416
CLASSES = 80
# Of COCO.
TRAFFIC_LIGHT = 9
# Rows of the output: one for each cell of the grids of 8, 16 and 32 pixels.
_CELLS = sum((SIDE // stride) ** 2 for stride in (8, 16, 32))


def write_red_detector(path: Path) -> Path:
    """Write a network of YOLOX's form: the box around all that is red is a traffic light.

    Input (1, 3, 416, 416) float32 BGR, 0 to 255; output (1, 3549, 85) as YOLOX gives it before
    its boxes are decoded. The first cell has the answer.
    """
    near = np.arange(SIDE, dtype=np.float32)
    constants: dict[str, Any] = {
        # Of blue, green and red: red beyond both others.
        'redness': np.array([-1, -1, 1], np.float32).reshape(1, 3, 1, 1),
        'enough': np.float32(80),
        'x': near.reshape(1, 1, 1, SIDE) + 1,
        'y': near.reshape(1, 1, SIDE, 1) + 1,
        'far_x': SIDE - near.reshape(1, 1, 1, SIDE),
        'far_y': SIDE - near.reshape(1, 1, SIDE, 1),
        'side': np.float32(SIDE),
        'stride': np.float32(8),
        'half': np.float32(0.5),
        'least': np.float32(1e-3),
        'class': np.eye(CLASSES, dtype=np.float32)[TRAFFIC_LIGHT].reshape(1, 1, CLASSES),
        'others': np.zeros((1, _CELLS - 1, 5 + CLASSES), np.float32),
    }
    nodes = [
        helper.make_node('Mul', ['images', 'redness'], ['weighted']),
        helper.make_node('ReduceSum', ['weighted', 'channel'], ['red'], keepdims=1),
        helper.make_node('Greater', ['red', 'enough'], ['is_red']),
        helper.make_node('Cast', ['is_red'], ['mask'], to=TensorProto.FLOAT),
        helper.make_node('ReduceMax', ['mask'], ['any'], axes=[1, 2, 3], keepdims=0),
        helper.make_node('Reshape', ['any', 'cell'], ['found']),
    ]
    for axis in 'xy':
        for name, weight in ((f'high_{axis}', axis), (f'low_{axis}', f'far_{axis}')):
            nodes += [
                helper.make_node('Mul', ['mask', weight], [f'{name}_all']),
                helper.make_node(
                    'ReduceMax', [f'{name}_all'], [f'{name}_flat'], axes=[1, 2, 3], keepdims=0
                ),
                helper.make_node('Reshape', [f'{name}_flat', 'cell'], [name]),
            ]
        nodes += [
            # `low` is counted from the far end.
            helper.make_node('Sub', ['side', f'low_{axis}'], [f'start_{axis}']),
            helper.make_node('Add', [f'start_{axis}', f'high_{axis}'], [f'both_{axis}']),
            helper.make_node('Mul', [f'both_{axis}', 'half'], [f'middle_{axis}']),
            helper.make_node('Div', [f'middle_{axis}', 'stride'], [f'centre_{axis}']),
            helper.make_node('Sub', [f'high_{axis}', f'start_{axis}'], [f'extent_{axis}']),
            helper.make_node('Max', [f'extent_{axis}', 'least'], [f'some_{axis}']),
            helper.make_node('Div', [f'some_{axis}', 'stride'], [f'cells_{axis}']),
            helper.make_node('Log', [f'cells_{axis}'], [f'log_{axis}']),
        ]
    parts = ['centre_x', 'centre_y', 'log_x', 'log_y', 'found', 'class']
    nodes += [
        helper.make_node('Concat', parts, ['first'], axis=2),
        helper.make_node('Concat', ['first', 'others'], ['output'], axis=1),
    ]
    initializers = [numpy_helper.from_array(np.asarray(v), k) for k, v in constants.items()]
    initializers += [
        numpy_helper.from_array(np.array([1], np.int64), 'channel'),
        numpy_helper.from_array(np.array([1, 1, 1], np.int64), 'cell'),
    ]
    graph = helper.make_graph(
        nodes,
        'red',
        [helper.make_tensor_value_info('images', TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
        [helper.make_tensor_value_info('output', TensorProto.FLOAT, [1, _CELLS, 5 + CLASSES])],
        initializers,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 17)], ir_version=8)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
    return path
