# SPDX-License-Identifier: Apache-2.0
"""Schemes: how 8-bit integers stand for real numbers, for the runtime that will execute them.

Which part of a tensor's values is worth its 256 integers, histograms of activations over
calibration images tell. Migacz: 8-bit inference with TensorRT. GTC 2017 (entropy). Nagel et al.: A
white paper on neural network quantization. 2021, section 3.1 (squared error).
"""

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

import numpy as np
import onnxruntime
from onnx import ModelProto, TensorProto, helper

from training.data.data_set import Array, Pixels

METHODS = ('minmax', 'percentile', 'squared_error', 'entropy')
# A channel of zeros still needs a scale above 0.
_LEAST_SCALE = 1e-8
_BINS = 2048
_TAIL = 1e-5
# Parts of the whole range that are tried.
_SHRUNK = np.linspace(1.0, 0.2, 41)


class Range(NamedTuple):
    """The real numbers that a tensor's integers must reach."""

    low: float
    high: float


class Scheme(NamedTuple):
    """How activations and weights are quantised. Weights are symmetric, per output channel.

    Attributes:
        name: of the runtime it is for.
        signed: activations are int8 around a zero point of 0; else uint8 with any zero point.
        weight_bits: 8, or 7 where the sum of two products of bytes must fit 16 bits.
        all_outputs: each convolution's output is quantised, also where a sum follows at once.
    """

    name: str
    signed: bool
    weight_bits: int
    all_outputs: bool

    @property
    def weight_limit(self) -> int:
        """The largest weight, as an integer; the smallest is its negative."""
        return int(2 ** (self.weight_bits - 1)) - 1


# TensorRT fuses a convolution with the sum after it, and takes symmetric int8 alone.
TENSORRT = Scheme('tensorrt', signed=True, weight_bits=8, all_outputs=False)
# AVX2 without VNNI adds pairs of products in 16 bits, which 8-bit weights overflow.
ONNX_RUNTIME = Scheme('onnxruntime', signed=False, weight_bits=7, all_outputs=True)
SCHEMES = {scheme.name: scheme for scheme in (TENSORRT, ONNX_RUNTIME)}


class Quantizer(NamedTuple):
    """real = scale * (integer - zero_point)."""

    scale: float
    zero_point: int
    lowest: int
    highest: int

    def around(self, values: Array) -> Array:
        """Return what is left of real values after quantising and back."""
        integers = np.clip(
            np.rint(values / self.scale) + self.zero_point, self.lowest, self.highest
        )
        return np.asarray((integers - self.zero_point) * self.scale)


class Histogram(NamedTuple):
    """How often a tensor takes which values.

    Attributes:
        low: smallest value.
        high: largest value.
        counts: (bins,) values in each of equally wide bins from low to high.
        peaks: (channels,) largest value of each channel.
    """

    low: float
    high: float
    counts: Array
    peaks: Array

    @property
    def edges(self) -> Array:
        """(bins + 1,) borders of the bins."""
        return np.linspace(self.low, self.high, len(self.counts) + 1)

    @property
    def centres(self) -> Array:
        """(bins,) middles of the bins."""
        return np.asarray((self.edges[1:] + self.edges[:-1]) / 2)


def activation_quantizer(scheme: Scheme, found: Range) -> Quantizer:
    """Return how the numbers of a range become bytes."""
    if scheme.signed:
        limit = max(abs(found.low), abs(found.high))
        return Quantizer(float(np.float32(max(limit / 127, _LEAST_SCALE))), 0, -128, 127)
    low, high = min(found.low, 0.0), max(found.high, 0.0)
    scale = float(np.float32(max((high - low) / 255, _LEAST_SCALE)))
    return Quantizer(scale, int(np.clip(np.rint(-low / scale), 0, 255)), 0, 255)


def weight_scales(weights: Array, axes: tuple[int, ...], scheme: Scheme) -> Array:
    """Return (channels,) float32 scales of weights, reduced over `axes`."""
    largest = np.abs(weights).max(axis=axes)
    return np.asarray(np.maximum(largest / scheme.weight_limit, _LEAST_SCALE), np.float32)


def quantized_weights(weights: Array, scales: Array, axis: int, scheme: Scheme) -> Array:
    """Return int8 weights."""
    shape = [-1 if position == axis else 1 for position in range(weights.ndim)]
    integers = np.rint(weights / scales.reshape(shape))
    return np.asarray(np.clip(integers, -scheme.weight_limit, scheme.weight_limit), np.int8)


def measure_activations(
    model: ModelProto, values: Collection[str], images: Pixels
) -> dict[str, Histogram]:
    """Run images twice, first for the extremes and then for the counts.

    Args:
        model: in float.
        values: names of the tensors to measure, (1, channels, ...).
        images: (n, height, width, 3) uint8 RGB.
    """
    names = sorted(set(values))
    lows = dict.fromkeys(names, np.inf)
    highs: dict[str, Array] = {}
    for found in _run(model, names, images):
        for name, value in found.items():
            axes = tuple(axis for axis in range(value.ndim) if axis != 1)
            highs[name] = np.maximum(highs.get(name, -np.inf), value.max(axis=axes))
            lows[name] = min(lows[name], float(value.min()))
    counts = {name: np.zeros(_BINS, np.int64) for name in names}
    for found in _run(model, names, images):
        for name, value in found.items():
            width = max(float(highs[name].max()) - lows[name], 1e-12) / _BINS
            # Several times as fast as np.histogram.
            bins = np.minimum(((value - lows[name]) / width).astype(np.int64), _BINS - 1)
            counts[name] += np.bincount(bins.ravel(), minlength=_BINS)
    return {
        name: Histogram(lows[name], float(highs[name].max()), counts[name], highs[name])
        for name in names
    }


def ranges_by(
    method: str, histograms: Mapping[str, Histogram], scheme: Scheme
) -> dict[str, Range]:
    """Return the range of each tensor by one of `METHODS`."""
    return {name: _range(method, found, scheme) for name, found in histograms.items()}


def _run(model: ModelProto, names: list[str], images: Pixels) -> Iterator[dict[str, Array]]:
    shown = ModelProto()
    shown.CopyFrom(model)
    del shown.graph.output[:]
    shown.graph.output.extend(
        helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names
    )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        shown.SerializeToString(), options, providers=['CPUExecutionProvider']
    )
    for image in images:
        yield dict(zip(names, session.run(names, {'image': image[np.newaxis]}), strict=True))


def _range(method: str, histogram: Histogram, scheme: Scheme) -> Range:
    whole = Range(histogram.low, histogram.high)
    if method == 'minmax':
        return whole
    if method == 'percentile':
        share = np.cumsum(histogram.counts) / histogram.counts.sum()
        low = histogram.edges[int(np.searchsorted(share, _TAIL))]
        high = histogram.edges[int(np.searchsorted(share, 1 - _TAIL)) + 1]
        return Range(float(low), float(high))
    loss = _squared_error if method == 'squared_error' else _divergence
    candidates = [Range(whole.low * part, whole.high * part) for part in _SHRUNK]
    losses = [loss(histogram, activation_quantizer(scheme, found)) for found in candidates]
    return candidates[int(np.argmin(losses))]


def _squared_error(histogram: Histogram, quantizer: Quantizer) -> float:
    error = histogram.centres - quantizer.around(histogram.centres)
    return float((histogram.counts * error**2).sum())


def _divergence(histogram: Histogram, quantizer: Quantizer) -> float:
    """Return the Kullback-Leibler divergence of the counts from their quantised form."""
    centres, counts = histogram.centres, histogram.counts.astype(np.float64)
    # The zeros that a ReLU makes are exact in any range, and so many that they would decide alone.
    counts[(histogram.edges[:-1] <= 0) & (histogram.edges[1:] > 0)] = 0
    steps = np.rint(centres / quantizer.scale) + quantizer.zero_point
    inside = (steps >= quantizer.lowest) & (steps <= quantizer.highest)
    level = (np.clip(steps, quantizer.lowest, quantizer.highest) - quantizer.lowest).astype(int)
    reference = _outliers_at_the_ends(counts, inside)
    # What a level holds is spread evenly over its bins that are not empty.
    filled = inside & (counts > 0)
    held = np.bincount(level, counts * inside, quantizer.highest - quantizer.lowest + 1)
    bins = np.bincount(level, filled, quantizer.highest - quantizer.lowest + 1)
    spread = np.where(filled, held[level] / np.maximum(bins[level], 1), 0.0)
    p, q = reference / max(reference.sum(), 1e-12), spread / max(spread.sum(), 1e-12)
    present = p > 0
    return float((p[present] * np.log(p[present] / np.maximum(q[present], 1e-12))).sum())


def _outliers_at_the_ends(counts: Array, inside: Array) -> Array:
    """Return the counts with those outside the range added to the outermost bins inside."""
    first, last = np.flatnonzero(inside)[[0, -1]]
    result = counts * inside
    result[first] += counts[:first].sum()
    result[last] += counts[last + 1 :].sum()
    return np.asarray(result)
