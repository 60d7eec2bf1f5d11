# SPDX-License-Identifier: Apache-2.0
"""Loss, accuracy and learning rate over the epochs of a training."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from training.report.style import BLUE, GREEN, ORANGE, percent_axis, short_numbers, styled

Epochs = Sequence[Mapping[str, float]]


@styled
def training_plot(epochs: Epochs) -> Figure:
    """Draw `loss`, `accuracy`, their `val_` twins and `learning_rate`, as far as they are there.

    Args:
        epochs: one mapping each, with `epoch` from 1 (the `epochs` of `curves.json`).
    """
    wanted = [name for name in ('loss', 'accuracy', 'learning_rate') if _has(epochs, name)]
    figure = Figure((3.7 * max(1, len(wanted)), 3.0))
    for position, name in enumerate(wanted):
        axes = figure.add_subplot(1, len(wanted), position + 1)
        _panel(axes, epochs, name)
    return figure


def _has(epochs: Epochs, name: str) -> bool:
    return any(name in epoch or f'val_{name}' in epoch for epoch in epochs)


def _panel(axes: Axes, epochs: Epochs, name: str) -> None:
    if name == 'learning_rate':
        _line(axes, epochs, name, '', GREEN)
        axes.set_yscale('log')
        short_numbers(axes.yaxis)
    else:
        _line(axes, epochs, name, 'training', BLUE)
        _line(axes, epochs, f'val_{name}', 'validation', ORANGE)
        axes.legend()
    if name == 'accuracy':
        percent_axis(axes, 'y')
    axes.set_title(name.replace('_', ' '))
    axes.set_xlabel('epoch')
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def _line(axes: Axes, epochs: Epochs, name: str, label: str, colour: str) -> None:
    points = [(epoch['epoch'], epoch[name]) for epoch in epochs if name in epoch]
    if points:
        # A single epoch is a point, which a line would not show.
        marker = 'o' if len(points) == 1 else None
        axes.plot(*zip(*points, strict=True), color=colour, label=label, marker=marker)
