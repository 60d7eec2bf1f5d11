# SPDX-License-Identifier: Apache-2.0
"""Keras to ONNX: conversion, folding, canonical form, parity."""
