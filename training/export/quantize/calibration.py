# SPDX-License-Identifier: Apache-2.0
"""Calibrate a graph: try the methods, with and without equalisation, and take the best.

The best answers most like the graph in float. Cross-layer equalisation gives the channels between
two layers alike ranges: Nagel, van Baalen, Blankevoort, Welling: Data-Free Quantization through
Weight Equalization and Bias Correction. ICCV 2019, section 4.1. There ReLU6 becomes ReLU. Here the
graph stays as it is: a channel is scaled only as far as calibration images show that it reaches
the clip neither before nor after, and there a clip scales as a ReLU does.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import onnxruntime
from onnx import ModelProto, NodeProto

from mobilenet_perception.inference.runtimes import create_runtime
from mobilenet_perception.tools.bundle.onnx_graph import give_constant
from training.configuration.records import Record
from training.data.data_set import Array, Pixels, Probabilities
from training.errors import TrainingError
from training.export.graph import GraphView, over_channels
from training.export.parity import run_all
from training.export.quantize import schemes
from training.export.quantize.qdq import insert_qdq, quantization_points

LEAST_IMAGES = 500
# Of the calibration images, one in so many decides between the methods.
_JUDGE_EVERY = 4
_BELOW_CLIP = 0.98
# More than this would move the trouble into the biases.
_MOST = 8.0


class Trial(Record):
    """One way to calibrate, and its mean divergence from the answers in float, in nats."""

    method: str
    divergence: float


class Calibration(NamedTuple):
    """A graph that is ready for Q/DQ.

    Attributes:
        model: in float, equalised if that was better.
        ranges: by value, of every activation that may be quantised.
        method: name of the method taken.
        trials: all that were tried, best first.
    """

    model: ModelProto
    ranges: dict[str, schemes.Range]
    method: str
    trials: tuple[Trial, ...]


class Pair(NamedTuple):
    """Two convolutions, the value between them, and the upper end that its activation clips at."""

    first: NodeProto
    second: NodeProto
    value: str
    clip: float


def calibrate(
    model: ModelProto,
    images: Pixels,
    scheme: schemes.Scheme,
    methods: Sequence[str] = schemes.METHODS,
    keep_float: Collection[str] = (),
) -> Calibration:
    """Find ranges for activations, by what loses least on a quarter of the images.

    Args:
        model: of `export_onnx`.
        images: (n, height, width, 3) uint8 RGB like those of operation; 500 at least.
        scheme: of the runtime.
        methods: of `METHODS`, to be tried.
        keep_float: names of nodes with weights that stay in float.

    Raises:
        TrainingError: too few images, images of another size, or an unknown method.
    """
    check_images(model, images)
    if unknown := sorted(set(methods) - set(schemes.METHODS)):
        raise TrainingError(
            f'no calibration method {", ".join(unknown)}: choose among '
            f'{", ".join(schemes.METHODS)}'
        )
    judged = judges(images)
    reference = probabilities(model.SerializeToString(), scheme, judged)
    found = []
    plain = _histograms(model, images, scheme)
    for variant, name in _variants(model, plain):
        histograms = plain if variant is model else _histograms(variant, images, scheme)
        for method in methods:
            ranges = schemes.ranges_by(method, histograms, scheme)
            quantized = insert_qdq(variant, scheme, ranges, keep_float).SerializeToString()
            loss = divergence(reference, probabilities(quantized, scheme, judged))
            found.append((Trial(method + name, loss), variant, ranges))
    found.sort(key=lambda entry: entry[0].divergence)
    best, variant, ranges = found[0]
    return Calibration(variant, ranges, best.method, tuple(trial for trial, _, _ in found))


def judges(images: Pixels) -> Pixels:
    """Return the calibration images that decide between methods."""
    return images[::_JUDGE_EVERY]


def check_images(model: ModelProto, images: Pixels) -> None:
    """Refuse images that cannot calibrate this model.

    Raises:
        TrainingError: too few, or of another size.
    """
    shape = tuple(d.dim_value for d in model.graph.input[0].type.tensor_type.shape.dim)[1:]
    if images.dtype != 'uint8' or images.shape[1:] != shape:
        raise TrainingError(
            f'the model takes uint8 images of {shape}, the calibration images are '
            f'{images.dtype} of {images.shape[1:]}: resize them as for training'
        )
    if len(images) < LEAST_IMAGES:
        raise TrainingError(
            f'{len(images)} images are too few to calibrate INT8: give {LEAST_IMAGES} or more, '
            'of all classes'
        )


def probabilities(model: bytes, scheme: schemes.Scheme, images: Pixels) -> Probabilities:
    """Return the (n, labels) answers to (n, height, width, 3) uint8 RGB images.

    A graph for ONNX Runtime runs as it will run on this machine, with its kernels for bytes. One
    for TensorRT runs in float between its Q/DQ nodes, which gives TensorRT's sums of integers
    but for the last bits of a float: ONNX Runtime's own kernels would overflow on AVX2.
    """
    if not scheme.signed:
        return run_all(create_runtime().load(model, 'int8'), images)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry('session.disable_quant_qdq', '1')
    session = onnxruntime.InferenceSession(model, options, providers=['CPUExecutionProvider'])
    answers = [session.run(None, {'image': image[np.newaxis]})[0] for image in images]
    return np.asarray(np.concatenate(answers), np.float32)


def divergence(reference: Probabilities, found: Probabilities) -> float:
    """Return the mean Kullback-Leibler divergence of (n, labels) answers, in nats."""
    p, q = (np.maximum(values.astype(np.float64), 1e-9) for values in (reference, found))
    return float((p * np.log(p / q)).sum(axis=1).mean())


def agreement(reference: Probabilities, found: Probabilities) -> float:
    """Return the share of images with the same label on top."""
    return float((reference.argmax(axis=1) == found.argmax(axis=1)).mean())


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


def _variants(
    model: ModelProto, histograms: dict[str, schemes.Histogram]
) -> list[tuple[ModelProto, str]]:
    if not pairs(model):
        return [(model, '')]
    peaks = {name: found.peaks for name, found in histograms.items()}
    return [(model, ''), (equalized(model, peaks), ', equalised')]


def _histograms(
    model: ModelProto, images: Pixels, scheme: schemes.Scheme
) -> dict[str, schemes.Histogram]:
    points = quantization_points(GraphView(model), scheme)
    return schemes.measure_activations(model, {point.value for point in points}, images)


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
