# SPDX-License-Identifier: Apache-2.0
"""Labelled images: data sets and their splits; readers, duplicates and inspection of them."""

from training.data.data_set import DataSet, Indices, Logits, Merge, Pixels, Probabilities, Sample
from training.data.data_set import Scores, data_hash, merge_matrix, published_labels, read_rgb
from training.data.splits import PARTS, Split, make_split
