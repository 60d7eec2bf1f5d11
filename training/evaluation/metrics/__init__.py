# SPDX-License-Identifier: Apache-2.0
"""Metrics of a classifier from its probabilities: pure functions on arrays."""
