# SPDX-License-Identifier: Apache-2.0
"""Convert a Keras network to the graph of a bundle: uint8 in, calibrated probabilities out."""

import tempfile
from pathlib import Path

import keras
import onnx
import tensorflow as tf
import tf2onnx
from onnxruntime.quantization.shape_inference import quant_pre_process

from training.export.canonical import canonical

# From 18 on, tf2onnx writes average pooling as ReduceMean and a second Transpose appears.
OPSET = 17


def export_onnx(network: keras.Model, temperature: float) -> bytes:
    """Return an ONNX model with everything but crop and resize inside.

    Args:
        network: from (batch, height, width, 3) RGB, 0 to 255, to (batch, classes) logits.
        temperature: what logits are divided by before the softmax.

    Returns:
        A model of opset 17 from `image`, (1, height, width, 3) uint8 RGB, to
        `probabilities`, (1, classes) float32. The same weights give the same bytes.
    """
    height, width = network.input_shape[1:3]
    image = keras.Input((height, width, 3), batch_size=1, dtype='uint8', name='image')
    logits = network(keras.ops.cast(image, 'float32'), training=False)
    scores = keras.layers.Softmax(name='probabilities')(logits / temperature)
    serving = keras.Model(image, scores)
    signature = [tf.TensorSpec((1, height, width, 3), tf.uint8, name='image')]
    function = tf.function(lambda frame: serving(frame, training=False), input_signature=signature)
    model, _ = tf2onnx.convert.from_function(function, input_signature=signature, opset=OPSET)
    content: bytes = canonical(_folded(model)).SerializeToString(deterministic=True)
    return content


def _folded(model: onnx.ModelProto) -> onnx.ModelProto:
    """Fold batch norms and paddings into convolutions."""
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder) / 'before.onnx', Path(folder) / 'after.onnx'
        onnx.save(model, str(before))
        quant_pre_process(str(before), str(after), skip_symbolic_shape=True)
        return onnx.load(str(after))
