# SPDX-License-Identifier: Apache-2.0
"""Labelled images: readers, near duplicates, splits, and the data sets made of them."""

from training.data.sample import Pixels, Sample
from training.data.splits import Split, split_by_group

__all__ = ['Pixels', 'Sample', 'Split', 'split_by_group']
