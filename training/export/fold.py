# SPDX-License-Identifier: Apache-2.0
"""Fold batch norms, paddings and constants into convolutions."""

import tempfile
from pathlib import Path

import onnx
from onnxruntime.quantization.shape_inference import quant_pre_process


def folded(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return an equivalent model without batch norms and paddings beside convolutions."""
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder) / 'before.onnx', Path(folder) / 'after.onnx'
        onnx.save(model, str(before))
        quant_pre_process(str(before), str(after), skip_symbolic_shape=True)
        return onnx.load(str(after))
