# SPDX-License-Identifier: Apache-2.0
"""Plots on pages: the style of all of them, and accuracy against cost."""
