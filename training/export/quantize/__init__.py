# SPDX-License-Identifier: Apache-2.0
"""Smaller numbers: FP16 by casts, INT8 by explicit Q/DQ, and what each layer loses."""

from training.export.quantize.calibration import Calibration, calibrate
from training.export.quantize.fine_tune import FineTuning, fine_tune
from training.export.quantize.fp16 import to_fp16
from training.export.quantize.int8 import (
    Int8Settings,
    LayerSensitivity,
    Quantized,
    quantize,
    sensitivity,
    to_int8,
)
from training.export.quantize.scheme import ONNX_RUNTIME, SCHEMES, TENSORRT, Scheme
from training.export.quantize.tensorrt_rules import check_tensorrt_rules

__all__ = [
    'ONNX_RUNTIME',
    'SCHEMES',
    'TENSORRT',
    'Calibration',
    'FineTuning',
    'Int8Settings',
    'LayerSensitivity',
    'Quantized',
    'Scheme',
    'calibrate',
    'check_tensorrt_rules',
    'fine_tune',
    'quantize',
    'sensitivity',
    'to_fp16',
    'to_int8',
]
