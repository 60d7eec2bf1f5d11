# SPDX-License-Identifier: Apache-2.0
"""Models of other people, made by code: they say whether an image is red, green or blue."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
from onnx import ModelProto, TensorProto, helper, numpy_helper

from tests.support.tiny_bundle import COLOURS, LABELS

SIDE = 8
# A scaling of 0 to 255 that it was not made for saturates it.
_SHARP = 4.0


def model(
    *,
    first: bool = True,
    ending: str = 'Softmax',
    before: Sequence[tuple[str, Any]] = (),
    order: Sequence[int] = (0, 1, 2),
    batch: int | str = 1,
    side: int | str = SIDE,
    opset: int = 17,
    kind: int = TensorProto.FLOAT,
    background: bool = False,
) -> ModelProto:
    """Return a network that takes -1 to 1, unless `before` leads there.

    Args:
        first: channels come before rows and columns.
        ending: operator of the end; empty: none.
        before: operators with their constants, at the beginning.
        order: which channel speaks for which label.
        batch: first dimension.
        side: rows and columns.
        opset: of ONNX.
        kind: type of the input; what is not float32 is cast.
        background: there is a first output of no label.
    """
    nodes, constants, value = [], [], 'picture'
    if kind != TensorProto.FLOAT:
        nodes.append(helper.make_node('Cast', [value], ['cast'], to=TensorProto.FLOAT))
        value = 'cast'
    for number, (operator, constant) in enumerate(before):
        constants.append(
            numpy_helper.from_array(np.asarray(constant, np.float32), f'before_{number}')
        )
        nodes.append(helper.make_node(operator, [value, f'before_{number}'], [f'b{number}']))
        value = f'b{number}'
    if not first:
        nodes.append(helper.make_node('Transpose', [value], ['turned'], perm=[0, 3, 1, 2]))
        value = 'turned'
    weights = np.eye(3, dtype=np.float32)[list(order)]
    if background:
        weights = np.vstack([np.zeros((1, 3), np.float32), weights])
    outputs = len(weights)
    constants += [
        numpy_helper.from_array(weights.reshape(outputs, 3, 1, 1) * _SHARP, 'kernel'),
        numpy_helper.from_array(np.zeros(1000, np.float32), 'unused'),
        helper.make_tensor('shape', TensorProto.INT64, [2], [1 if batch == 1 else -1, outputs]),
    ]
    nodes += [
        helper.make_node('Tanh', [value], ['curved']),
        helper.make_node('Conv', ['curved', 'kernel'], ['seen'], kernel_shape=[1, 1]),
        helper.make_node('GlobalAveragePool', ['seen'], ['mean']),
        helper.make_node('Reshape', ['mean', 'shape'], ['logits']),
    ]
    last = 'logits'
    if ending:
        nodes.append(helper.make_node(ending, ['logits'], ['out']))
        last = 'out'
    sizes = [batch, 3, side, side] if first else [batch, side, side, 3]
    graph = helper.make_graph(
        nodes,
        'theirs',
        [helper.make_tensor_value_info('picture', kind, sizes)],
        [helper.make_tensor_value_info(last, TensorProto.FLOAT, [batch, outputs])],
        constants,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid('', opset)], ir_version=8)


def saved(made: ModelProto, path: Path) -> Path:
    """Write a model."""
    onnx.save(made, str(path))
    return path


def pictures(folder: Path, per_label: int = 30, labels: Sequence[str] = LABELS) -> Path:
    """Draw pictures of each colour in a sub-folder named after its label; returns the folder."""
    random = np.random.default_rng(3)
    for label, name in zip(LABELS, labels, strict=True):
        place = folder / name
        place.mkdir(parents=True)
        for number in range(per_label):
            noise = random.integers(-60, 61, (20, 30, 3))
            image = np.clip(np.array(COLOURS[label]) + noise, 0, 255).astype(np.uint8)
            cv2.imwrite(str(place / f'{number}.png'), image[..., ::-1])
    return folder


def label_file(folder: Path, labels: Sequence[str] = LABELS) -> Path:
    """Write labels, one a line."""
    path = folder / 'labels.txt'
    path.write_text('\n'.join(labels) + '\n')
    return path
