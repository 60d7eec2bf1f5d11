# SPDX-License-Identifier: Apache-2.0
"""Measurements; none of them is a test, since machines differ and are noisy."""
