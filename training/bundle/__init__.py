# SPDX-License-Identifier: Apache-2.0
"""Trained networks become a model bundle."""
