# SPDX-License-Identifier: Apache-2.0
"""Labelled images: readers, near duplicates, splits, and the data sets made of them."""

from training.data.sample import Pixels, Sample
from training.data.splits import Split, make_split

__all__ = ['Pixels', 'Sample', 'Split', 'make_split']
