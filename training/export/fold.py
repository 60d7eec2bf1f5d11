# SPDX-License-Identifier: Apache-2.0
"""Fold batch norms, paddings and constants into convolutions."""

import tempfile
from pathlib import Path

import onnx
from onnxruntime.quantization.shape_inference import quant_pre_process

from training.export.graph import static_shapes


def folded(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return an equivalent model without batch norms and paddings beside convolutions."""
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder) / 'before.onnx', Path(folder) / 'after.onnx'
        onnx.save(model, str(before))
        quant_pre_process(str(before), str(after), skip_symbolic_shape=True)
        return _without_idle_reshapes(onnx.load(str(after)))


def _without_idle_reshapes(model: onnx.ModelProto) -> onnx.ModelProto:
    """Drop reshapes to the same shape, which tf2onnx leaves where an image is one pixel."""
    shape = static_shapes(model)
    source: dict[str, str] = {}
    kept = []
    for node in model.graph.node:
        for position, name in enumerate(node.input):
            node.input[position] = source.get(name, name)
        before, after = shape.get(node.input[0]), shape.get(node.output[0])
        if node.op_type == 'Reshape' and before == after and before and all(before):
            source[node.output[0]] = node.input[0]
        else:
            kept.append(node)
    del model.graph.node[:]
    model.graph.node.extend(kept)
    return model
