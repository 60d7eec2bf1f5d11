# SPDX-License-Identifier: Apache-2.0
"""Smaller numbers: FP16 by casts, INT8 by explicit Q/DQ, and what each layer loses."""
