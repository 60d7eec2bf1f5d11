# SPDX-License-Identifier: Apache-2.0
"""How much each layer alone loses when it is quantised."""

from collections.abc import Mapping
from typing import NamedTuple

from onnx import ModelProto, NodeProto

from training.data.arrays import Probabilities
from training.data.sample import Pixels
from training.export.graph import GraphView, channel_axis
from training.export.quantize.qdq import insert_qdq
from training.export.quantize.scheme import Range, Scheme
from training.export.quantize.scores import agreement, divergence, probabilities


class LayerSensitivity(NamedTuple):
    """What quantising one layer does to the answers, all others in float.

    Attributes:
        layer: name of its node, for `keep_float`.
        kind: what it is, such as `Conv 3x3 depthwise`.
        channels: of its output.
        agreement: share of images with the same label on top as in float, 0 to 1.
        divergence: mean Kullback-Leibler divergence from the answers in float, in nats.
    """

    layer: str
    kind: str
    channels: int
    agreement: float
    divergence: float


def sensitivity(
    model: ModelProto,
    images: Pixels,
    reference: Probabilities,
    scheme: Scheme,
    ranges: Mapping[str, Range],
) -> tuple[LayerSensitivity, ...]:
    """Quantise one layer after another, each alone; the layer that loses most comes first.

    Args:
        model: in float.
        images: (n, height, width, 3) uint8 RGB.
        reference: (n, labels) answers of the model in float.
        scheme: of the runtime.
        ranges: of all activations.
    """
    view = GraphView(model)
    layers = view.weighted()
    rows = []
    for layer in layers:
        others = {node.name for node in layers} - {layer.name}
        quantized = insert_qdq(model, scheme, ranges, others, between=False)
        found = probabilities(quantized.SerializeToString(), scheme, images)
        rows.append(
            LayerSensitivity(
                layer.name,
                _kind(layer),
                view.constants[layer.input[1]].shape[channel_axis(layer)],
                agreement(reference, found),
                divergence(reference, found),
            )
        )
    return tuple(sorted(rows, key=lambda row: -row.divergence))


def _kind(node: NodeProto) -> str:
    attributes = {attribute.name: attribute for attribute in node.attribute}
    if 'kernel_shape' not in attributes:
        return node.op_type
    kernel = 'x'.join(str(size) for size in attributes['kernel_shape'].ints)
    depthwise = ' depthwise' if attributes['group'].i > 1 else ''
    return f'{node.op_type} {kernel}{depthwise}'
