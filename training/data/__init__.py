# SPDX-License-Identifier: Apache-2.0
"""Labelled images: data sets and their splits; readers, duplicates and inspection of them."""
