# SPDX-License-Identifier: Apache-2.0
"""Cross-layer equalisation: give the channels between two layers alike ranges.

Nagel, van Baalen, Blankevoort, Welling: Data-Free Quantization through Weight Equalization and
Bias Correction. ICCV 2019, section 4.1. There ReLU6 becomes ReLU. Here the graph stays as it is:
a channel is scaled only as far as calibration images show that it reaches the clip neither before
nor after, and there a clip scales as a ReLU does.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from onnx import ModelProto, NodeProto

from training.export.graph import Array, GraphView, give_constant, over_channels

_BELOW_CLIP = 0.98
# More than this would move the trouble into the biases.
_MOST = 8.0


class Pair(NamedTuple):
    """Two convolutions, the value between them, and the upper end that its activation clips at."""

    first: NodeProto
    second: NodeProto
    value: str
    clip: float


def pairs(model: ModelProto) -> list[Pair]:
    """Return the neighbours with nothing but a ReLU or a clip between them."""
    view = GraphView(model)
    found = []
    for second in view.weighted():
        value = second.input[0]
        activation = view.maker.get(value)
        if second.op_type != 'Conv' or activation is None or len(view.users[value]) != 1:
            continue
        clip = _upper_end(view, activation)
        first = view.maker.get(activation.input[0])
        if (
            clip is not None
            and first is not None
            and first.op_type == 'Conv'
            and len(first.input) == 3
            and len(view.users[first.output[0]]) == 1
        ):
            found.append(Pair(first, second, value, clip))
    return found


def equalized(model: ModelProto, peaks: Mapping[str, Array]) -> ModelProto:
    """Return a model with the same answers whose channels differ less in range.

    Args:
        model: in float.
        peaks: by value, (channels,) largest value that each channel takes.
    """
    result = ModelProto()
    result.CopyFrom(model)
    for pair in pairs(result):
        constants = GraphView(result).constants
        first, bias = (constants[name] for name in pair.first.input[1:])
        second = constants[pair.second.input[1]]
        depthwise = second.shape[1] == 1
        grouped = not depthwise and any(
            a.name == 'group' and a.i > 1 for a in pair.second.attribute
        )
        if grouped:
            continue
        # The axis of the second weights that counts the channels between the two.
        axis = 0 if depthwise else 1
        others = tuple(position for position in range(second.ndim) if position != axis)
        out = np.abs(first).max(axis=over_channels(first, pair.first))
        into = np.abs(second).max(axis=others)
        factor = _factors(out, into, peaks[pair.value], pair.clip)
        give_constant(result, pair.first, 1, first / _along(factor, 0, first.ndim))
        give_constant(result, pair.first, 2, bias / factor)
        give_constant(result, pair.second, 1, second * _along(factor, axis, second.ndim))
    return result


def _factors(out: Array, into: Array, peaks: Array, clip: float) -> Array:
    """Return (channels,) what the first weights are divided by, the second multiplied with."""
    alive = (out > 0) & (into > 0) & (peaks > 0)
    factor = np.where(alive, np.sqrt(np.where(alive, out, 1) / np.where(alive, into, 1)), 1.0)
    # Equal on the whole, so that only the differences between channels go.
    factor /= np.exp(np.log(factor[alive]).mean()) if alive.any() else 1.0
    factor = np.clip(factor, 1 / _MOST, _MOST)
    if np.isfinite(clip):
        below = peaks < clip * _BELOW_CLIP
        factor = np.where(below, np.maximum(factor, peaks / (clip * _BELOW_CLIP)), 1.0)
    return np.asarray(factor, np.float32)


def _upper_end(view: GraphView, activation: NodeProto) -> float | None:
    if activation.op_type == 'Relu':
        return float('inf')
    if activation.op_type == 'Clip' and view.constants[activation.input[1]] == 0:
        return float(view.constants[activation.input[2]])
    return None


def _along(factor: Array, axis: int, dimensions: int) -> Array:
    return factor.reshape([-1 if position == axis else 1 for position in range(dimensions)])
