# SPDX-License-Identifier: Apache-2.0
"""Convert a Keras network to the graph of a bundle: uint8 in, calibrated probabilities out."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
import tf2onnx

from training.data.data_set import Merge
from training.errors import TrainingError
from training.export.canonical import canonical
from training.export.flatten import flattened_in_place
from training.export.fold import folded
from training.export.ranked_constants import give_constants_a_rank

# From 18 on, tf2onnx writes average pooling as ReduceMean and a second Transpose appears.
OPSET = 17


def export_onnx(network: keras.Model, temperature: float, merge: Merge | None = None) -> bytes:
    """Return an ONNX model with everything but crop and resize inside.

    Args:
        network: from (batch, height, width, 3) RGB, 0 to 255, to (batch, outputs) logits.
        temperature: what logits are divided by before the softmax, above 0.
        merge: (outputs, labels) float32, 1 where an output belongs to a label, else 0: the
            probabilities of the outputs that share a label are added up. None: outputs are labels.

    Returns:
        A model of opset 17 from `image`, (1, height, width, 3) uint8 RGB, to
        `probabilities`, (1, labels) float32. The same weights give the same bytes.

    Raises:
        TrainingError: the temperature is not above 0, the merge does not fit the network, or the
            graph keeps batch norms or more than one change of layout.
    """
    height, width = network.input_shape[1:3]
    _check(temperature, merge, network)

    def serve(image: Any) -> Any:
        logits = network(tf.cast(image, tf.float32), training=False)
        scores = tf.nn.softmax(logits / temperature)
        return scores if merge is None else tf.matmul(scores, tf.constant(merge, tf.float32))

    signature = [tf.TensorSpec((1, height, width, 3), tf.uint8, name='image')]
    model, _ = tf2onnx.convert.from_function(
        tf.function(serve, input_signature=signature),
        input_signature=signature,
        opset=OPSET,
        custom_rewriter=[give_constants_a_rank],
    )
    result = canonical(flattened_in_place(folded(model)))
    operators = [node.op_type for node in result.graph.node]
    if operators.count('Transpose') > 1 or 'BatchNormalization' in operators:
        raise TrainingError(
            f'{network.name} cannot be exported well: {operators.count("Transpose")} transposes '
            f'and {operators.count("BatchNormalization")} batch norms stay in the graph: build it '
            'of layers of Keras in channels-last order, each batch norm right after a convolution'
        )
    content: bytes = result.SerializeToString(deterministic=True)
    return content


def _check(temperature: float, merge: Merge | None, network: keras.Model) -> None:
    outputs = network.output_shape[-1]
    if not temperature > 0 or not np.isfinite(temperature):
        raise TrainingError(f'the temperature is {temperature}: it must be a number above 0')
    if merge is None:
        return
    if merge.ndim != 2 or merge.shape[0] != outputs:
        raise TrainingError(
            f'the merge is of shape {merge.shape}, and {network.name} has {outputs} outputs: '
            'give one row for each output and one column for each label'
        )
    if not np.isin(merge, (0, 1)).all() or not (merge.sum(axis=1) == 1).all():
        raise TrainingError('each row of the merge must hold one 1, at its label, and 0 elsewhere')
