# SPDX-License-Identifier: Apache-2.0
"""What a quantised graph answers, and how far that is from what the float graph answers."""

import numpy as np
import onnxruntime

from mobilenet_perception.inference.runtimes import create_runtime
from training.data.arrays import Probabilities
from training.data.sample import Pixels
from training.export.parity import run_all
from training.export.quantize.scheme import Scheme


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
