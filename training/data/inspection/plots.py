# SPDX-License-Identifier: Apache-2.0
"""Plots of an inspection: counts, sizes, samples of each label, pairs of copies."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from training.data.data_set import Pixels
from training.data.inspection.inspection import LabelCount
from training.report.style import AMBER, BLUE, GREEN, INK, LINE, SOFT, styled

_COLOURS = {'train': BLUE, 'validation': AMBER, 'test': GREEN, 'unused': LINE}


@styled
def counts_plot(labels: Sequence[LabelCount]) -> Figure:
    """Draw images of each label as bars, by part, the most frequent on top."""
    rows = sorted(labels, key=lambda label: (-label.total, label.label))
    figure = Figure((7.2, 1.0 + 0.22 * len(rows)))
    axes = figure.add_subplot()
    left = np.zeros(len(rows))
    for part, colour in _COLOURS.items():
        values = np.array([row.images[part] for row in rows], float)
        if values.any():
            axes.barh(range(len(rows)), values, left=left, color=colour, label=part)
            left += values
    axes.set_yticks(range(len(rows)), [row.label.replace('_', ' ') for row in rows])
    axes.tick_params(axis='y', length=0, labelcolor=INK)
    axes.grid(axis='y', visible=False)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlabel('images')
    figure.legend(loc='outside upper right', ncols=4)
    return figure


@styled
def sizes_plot(sizes: Sequence[tuple[int, int]]) -> Figure:
    """Draw width against height, both in pixels; darker where more images lie.

    Args:
        sizes: (height, width) of each image.
    """
    figure = Figure((5.2, 4.6))
    axes = figure.add_subplot()
    found, counts = np.unique(np.array(sizes), axis=0, return_counts=True)
    area = 4 + 40 * np.sqrt(counts / counts.max())
    axes.scatter(found[:, 1], found[:, 0], s=area, color=BLUE, alpha=0.35, linewidths=0)
    axes.set_xscale('log', base=2)
    axes.set_yscale('log', base=2)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter('{x:.0f}')
    axes.set_xlabel('width (pixels)')
    axes.set_ylabel('height (pixels)')
    return figure


@styled
def contact_sheet(rows: Sequence[tuple[str, Sequence[Pixels]]]) -> Figure:
    """Draw images in rows, each with its name on the left."""
    columns = max(len(images) for _, images in rows)
    figure = Figure((2.0 + 0.75 * columns, 0.78 * len(rows)))
    for row, (name, images) in enumerate(rows):
        for column in range(columns):
            axes = figure.add_subplot(len(rows), columns, row * columns + column + 1)
            if column < len(images):
                _show(axes, images[column])
            else:
                axes.set_axis_off()
            if column == 0:
                words = name.replace('_', ' ')
                axes.text(
                    -0.15,
                    0.5,
                    words,
                    fontsize=7.5,
                    transform=axes.transAxes,
                    ha='right',
                    va='center',
                )
    return figure


@styled
def pairs_picture(pairs: Sequence[tuple[str, str, Pixels, Pixels]]) -> Figure:
    """Draw pairs of images side by side, each with the words for it above."""
    columns = min(3, len(pairs))
    rows = -(-len(pairs) // columns)
    figure = Figure((3.4 * columns, 2.0 * rows))
    for place, (first, second, one, other) in enumerate(pairs):
        for side, (words, pixels) in enumerate(((first, one), (second, other))):
            axes = figure.add_subplot(rows, 2 * columns, 2 * place + side + 1)
            _show(axes, pixels)
            axes.set_title(words, fontsize=6, weight='normal', color=SOFT, pad=3)
    return figure


def _show(axes: Axes, pixels: Pixels) -> None:
    axes.imshow(pixels, interpolation='nearest')
    axes.set_box_aspect(1)
    axes.set_aspect('equal', adjustable='datalim')
    axes.set_axis_off()
