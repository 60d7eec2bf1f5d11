# SPDX-License-Identifier: Apache-2.0
"""Measure a bundle on this machine: each variant alone, then the real node over DDS."""
