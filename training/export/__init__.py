# SPDX-License-Identifier: Apache-2.0
"""Keras to ONNX: conversion, folding, canonical form, parity."""

from training.export.convert import export_onnx
from training.export.parity import Parity, check_parity, compare_answers

__all__ = ['Parity', 'check_parity', 'compare_answers', 'export_onnx']
