# SPDX-License-Identifier: Apache-2.0
"""The worst mistakes as a picture."""

import textwrap
from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure

from training.data.data_set import Pixels
from training.evaluation.predictions import Mistake
from training.report.style import GREEN, ORANGE, SOFT, styled

_COLUMNS = 6
_FEWEST_COLUMNS = 3
_LETTERS = 19


@styled
def mistakes_picture(mistakes: Sequence[Mistake], images: Sequence[Pixels]) -> Figure:
    """Draw the frame of each mistake with the label given, its probability, and the truth.

    Args:
        mistakes: one or more.
        images: of the mistakes, in their order, each (height, width, 3) uint8 RGB.
    """
    columns = min(_COLUMNS, max(_FEWEST_COLUMNS, len(mistakes)))
    rows = -(-len(mistakes) // columns)
    figure = Figure((1.65 * columns, 2.45 * rows + 0.35))
    figure.set_layout_engine('constrained', h_pad=0.1, w_pad=0.06)
    for position, (mistake, image) in enumerate(zip(mistakes, images, strict=True)):
        axes = figure.add_subplot(rows, columns, position + 1)
        axes.imshow(image, interpolation='nearest')
        # A square cell whatever the shape of the image, so that the words stand in lines.
        axes.set_box_aspect(1)
        axes.set_aspect('equal', adjustable='datalim')
        axes.set_axis_off()
        given = _lines(mistake.predicted, f'{mistake.probability:.1%}')
        true = _lines(mistake.truth, f'{mistake.true_probability:.1%}')
        place: dict[str, Any] = {'transform': axes.transAxes, 'va': 'top', 'fontsize': 7.5}
        axes.text(0, -0.03, given, color=ORANGE, weight='bold', **place)
        axes.text(0, -0.03 - 0.1 * (given.count('\n') + 1), true, color=GREEN, **place)
        axes.set_title(_shorten(mistake.name), fontsize=6, weight='normal', color=SOFT, pad=3)
    words = 'orange: label given; green: truth; each with its probability'
    figure.suptitle(words, x=0.005, ha='left', fontsize=8, color=SOFT)
    return figure


def _lines(label: str, probability: str) -> str:
    words = label.replace('_', ' ')
    return '\n'.join(textwrap.wrap(f'{words} {probability}', _LETTERS)[:2])


def _shorten(name: str) -> str:
    name = name.rpartition('/')[2]
    return name if len(name) <= 24 else f'{name[:10]}...{name[-11:]}'
