# SPDX-License-Identifier: Apache-2.0
"""TensorRT as far as a machine without a GPU goes; TensorRT-RTX compiles there."""
