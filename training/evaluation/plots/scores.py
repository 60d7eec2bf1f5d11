# SPDX-License-Identifier: Apache-2.0
"""Histograms of a score for known and unknown frames."""

import numpy as np
from matplotlib.figure import Figure

from training.data.data_set import Scores
from training.evaluation.unknown import Detection
from training.report.style import BLUE, INK, ORANGE, percent_axis, styled

_BINS = 40


@styled
def known_unknown_plot(known: Scores, unknown: Scores, detection: Detection) -> Figure:
    """Draw how a score is spread over known and unknown frames, with the threshold of 95 %."""
    figure = Figure((7.2, 3.0))
    axes = figure.add_subplot()
    edges = np.histogram_bin_edges(np.concatenate([known, unknown]), _BINS).tolist()
    for scores, colour, name in ((known, BLUE, 'known'), (unknown, ORANGE, 'unknown')):
        axes.hist(
            scores,
            edges,
            weights=np.full(len(scores), 1 / len(scores)),
            color=colour,
            alpha=0.55,
            label=f'{name} ({len(scores)} frames)',
        )
    axes.axvline(
        detection.threshold,
        color=INK,
        linestyle='--',
        linewidth=1.2,
        label=f'keeps {detection.known_kept:.1%} of the known, '
        f'{detection.unknown_kept:.1%} of the unknown',
    )
    axes.set_title(f'{detection.score.replace("_", " ")}: AUROC {detection.auroc:.3f}')
    axes.set_xlabel(detection.score.replace('_', ' '))
    axes.set_ylabel('share of frames')
    # A square root, so that the few of one kind among the many of the other show.
    axes.set_yscale('function', functions=(np.sqrt, np.square))
    percent_axis(axes, 'y')
    figure.legend(loc='outside lower center', ncols=3)
    return figure
