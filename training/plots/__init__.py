# SPDX-License-Identifier: Apache-2.0
"""Plots: each a pure function from records to a matplotlib figure; `png` and `svg` render it."""

from training.plots.bars import class_bars
from training.plots.confusion import confusion_plot
from training.plots.mistakes import mistakes_picture
from training.plots.pareto import Point, pareto_front, pareto_plot
from training.plots.reliability import reliability_plot
from training.plots.render import png, svg
from training.plots.scores import known_unknown_plot
from training.plots.threshold_curves import precision_recall_plot, roc_plot
from training.plots.training_curves import training_plot

__all__ = [
    'Point',
    'class_bars',
    'confusion_plot',
    'known_unknown_plot',
    'mistakes_picture',
    'pareto_front',
    'pareto_plot',
    'png',
    'precision_recall_plot',
    'reliability_plot',
    'roc_plot',
    'svg',
    'training_plot',
]
