# SPDX-License-Identifier: Apache-2.0
"""Plots: each a pure function from records to a matplotlib figure; `png` and `svg` render it."""

from training.evaluation.plots.bars import class_bars
from training.evaluation.plots.confusion import confusion_plot
from training.evaluation.plots.mistakes import mistakes_picture
from training.evaluation.plots.reliability import reliability_plot
from training.evaluation.plots.scores import known_unknown_plot
from training.evaluation.plots.threshold_curves import precision_recall_plot, roc_plot
from training.evaluation.plots.training_curves import training_plot

__all__ = [
    'class_bars',
    'confusion_plot',
    'known_unknown_plot',
    'mistakes_picture',
    'precision_recall_plot',
    'reliability_plot',
    'roc_plot',
    'training_plot',
]
