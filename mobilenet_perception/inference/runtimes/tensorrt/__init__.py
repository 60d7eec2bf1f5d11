# SPDX-License-Identifier: Apache-2.0
"""TensorRT on an NVIDIA GPU: engines built on this machine, replayed as CUDA graphs.

Strongly typed, on TensorRT 10.3 to 11.4: the model says the precision of every operator. CUDA by
a thin layer over its runtime library; no further package.
"""

from mobilenet_perception.inference.runtimes.tensorrt.build import build_engine, engine_key
from mobilenet_perception.inference.runtimes.tensorrt.runtime import TensorRtRuntime, create

__all__ = ['TensorRtRuntime', 'build_engine', 'create', 'engine_key']
