# SPDX-License-Identifier: Apache-2.0
"""Calibrate a graph: try the methods, with and without equalisation, and take the best.

The best answers most like the graph in float.
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
import onnxruntime
from onnx import ModelProto

from mobilenet_perception.inference.runtimes import create_runtime
from training.data.data_set import Pixels, Probabilities
from training.errors import TrainingError
from training.export.graph import GraphView
from training.export.parity import run_all
from training.export.quantize.equalize import equalized, pairs
from training.export.quantize.qdq import insert_qdq, quantization_points
from training.export.quantize.ranges import METHODS, Histogram, measure_activations, ranges_by
from training.export.quantize.scheme import Range, Scheme

LEAST_IMAGES = 500
# Of the calibration images, one in so many decides between the methods.
_JUDGE_EVERY = 4


class Trial(NamedTuple):
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
    ranges: dict[str, Range]
    method: str
    trials: tuple[Trial, ...]


def calibrate(
    model: ModelProto,
    images: Pixels,
    scheme: Scheme,
    methods: Sequence[str] = METHODS,
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
    if unknown := sorted(set(methods) - set(METHODS)):
        raise TrainingError(
            f'no calibration method {", ".join(unknown)}: choose among {", ".join(METHODS)}'
        )
    judged = judges(images)
    reference = probabilities(model.SerializeToString(), scheme, judged)
    found = []
    plain = _histograms(model, images, scheme)
    for variant, name in _variants(model, plain):
        histograms = plain if variant is model else _histograms(variant, images, scheme)
        for method in methods:
            ranges = ranges_by(method, histograms, scheme)
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


def probabilities(model: bytes, scheme: Scheme, images: Pixels) -> Probabilities:
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


def _variants(model: ModelProto, histograms: dict[str, Histogram]) -> list[tuple[ModelProto, str]]:
    if not pairs(model):
        return [(model, '')]
    peaks = {name: found.peaks for name, found in histograms.items()}
    return [(model, ''), (equalized(model, peaks), ', equalised')]


def _histograms(model: ModelProto, images: Pixels, scheme: Scheme) -> dict[str, Histogram]:
    points = quantization_points(GraphView(model), scheme)
    return measure_activations(model, {point.value for point in points}, images)
