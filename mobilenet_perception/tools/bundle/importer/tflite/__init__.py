# SPDX-License-Identifier: Apache-2.0
"""TensorFlow Lite: the file's format, its conversion to ONNX, what it says of its input."""
