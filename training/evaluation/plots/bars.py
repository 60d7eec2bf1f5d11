# SPDX-License-Identifier: Apache-2.0
"""Precision, recall and F1 of each class, the worst on top."""

from collections.abc import Mapping

from matplotlib.figure import Figure

from training.evaluation.metrics.classification import ClassMetrics
from training.report.style import BLUE, INK, LINE, ORANGE, SOFT, percent_axis, styled


@styled
def class_bars(per_class: Mapping[str, ClassMetrics]) -> Figure:
    """Draw F1 as a bar, precision and recall as marks, for each class that has frames.

    The axis starts where the worst value needs it, so that 98 and 99 % can be told apart.
    """
    rows = sorted(
        ((label, found) for label, found in per_class.items() if found.support),
        key=lambda row: (row[1].f1, row[0]),
    )
    figure = Figure((7.2, 1.0 + 0.22 * len(rows)))
    axes = figure.add_subplot()
    values = [value for _, found in rows for value in (found.precision, found.recall, found.f1)]
    start = max(0.0, int(min(values, default=0.0) * 20 - 1) / 20)
    places = range(len(rows))
    axes.barh(places, [found.f1 - start for _, found in rows], left=start, color=LINE, label='F1')
    axes.plot(
        [f.precision for _, f in rows],
        places,
        '|',
        color=BLUE,
        label='precision',
        markersize=9,
        markeredgewidth=2,
    )
    axes.plot([f.recall for _, f in rows], places, 'o', color=ORANGE, label='recall', markersize=4)
    axes.set_yticks(
        places, [f'{label.replace("_", " ")}  ({found.support})' for label, found in rows]
    )
    for place, (_, found) in enumerate(rows):
        axes.text(1.0 + 0.02 * (1 - start), place, f'{found.f1:.3f}', va='center', color=SOFT)
    axes.tick_params(axis='y', length=0, labelcolor=INK)
    axes.grid(axis='y', visible=False)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(start, 1.0 + 0.1 * (1 - start))
    percent_axis(axes, 'x')
    figure.legend(loc='outside upper right', ncols=3)
    return figure
