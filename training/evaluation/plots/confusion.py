# SPDX-License-Identifier: Apache-2.0
"""The confusion matrix as a picture that can still be read at 43 classes."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from training.report.style import BLUE, INK, LINE, ORANGE, styled

Counts = npt.NDArray[np.int64]
_RIGHT = LinearSegmentedColormap.from_list('right', ['#ffffff', BLUE])
_WRONG = LinearSegmentedColormap.from_list('wrong', ['#fff1e8', ORANGE])

_FEW = 20
# Sum of red, green and blue, each 0 to 1, below which letters are white.
_DARK = 1.75


@styled
def confusion_plot(confusion: Sequence[Sequence[int]], labels: Sequence[str]) -> Figure:
    """Draw counts, rows truth and columns predicted; colours are shares of each row.

    What is right is blue, what is wrong orange; empty cells stay white, so that one frame among
    thousands can be seen. Labels that never occur on either side are left out.
    """
    counts: Counts = np.array(confusion, np.int64).reshape(len(labels), len(labels))
    seen = np.flatnonzero(counts.sum(axis=0) + counts.sum(axis=1))
    counts = counts[np.ix_(seen, seen)]
    names = [labels[index].replace('_', ' ') for index in seen]
    size = len(names)
    side = max(3.2, 1.6 + 0.085 * max(map(len, names), default=0) + size * _cell(size))
    figure = Figure((side, side))
    axes = figure.add_subplot()
    _cells(axes, counts)
    small = 9.0 if size <= _FEW else 7.0
    axes.set_xticks(range(size), names, rotation=90, fontsize=small)
    axes.set_yticks(range(size), names, fontsize=small)
    axes.set_xlim(-0.5, size - 0.5)
    axes.set_ylim(size - 0.5, -0.5)
    axes.set_aspect('equal')
    axes.tick_params(length=0, labelcolor=INK)
    axes.grid(False)
    axes.set_xlabel('predicted')
    axes.set_ylabel('truth')
    return figure


def _cell(size: int) -> float:
    """Return the side of a cell in inches: smaller where there are many."""
    return 0.36 if size <= _FEW else 0.24


def _cells(axes: Axes, counts: Counts) -> None:
    size = len(counts)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    # A square root, because the mistakes of a good network are rare.
    colours = _WRONG(np.sqrt(shares))
    colours[np.eye(size, dtype=bool)] = _RIGHT(np.diag(shares))
    colours[counts == 0] = 1.0
    edges = np.arange(size + 1) - 0.5
    axes.pcolormesh(edges, edges, colours, edgecolors=LINE, linewidth=0.4)
    for row, column in zip(*np.nonzero(counts), strict=True):
        dark = colours[row, column, :3].sum() < _DARK
        text = axes.text(
            column,
            row,
            str(counts[row, column]),
            ha='center',
            va='center',
            fontsize=8.0 if size <= _FEW else 5.5,
            color='white' if dark else INK,
        )
        # It lies within the axes: the layout need not measure it.
        text.set_in_layout(False)
