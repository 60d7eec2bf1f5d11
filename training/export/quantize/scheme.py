# SPDX-License-Identifier: Apache-2.0
"""Schemes: how 8-bit integers stand for real numbers, for the runtime that will execute them."""

from typing import NamedTuple

import numpy as np

from training.export.graph import Array

# A channel of zeros still needs a scale above 0.
_LEAST_SCALE = 1e-8


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
