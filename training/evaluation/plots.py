# SPDX-License-Identifier: Apache-2.0
"""Plots of an evaluation: each a pure function from records to a matplotlib figure.

Bars of each class, the confusion matrix, reliability diagrams, ROC and precision-recall curves,
scores of known and unknown frames, and the curves of the training.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from mobilenet_perception.tools.report.colours import BLUE, GREEN, INK, LINE, ORANGE, SOFT
from training.data.data_set import Scores
from training.evaluation.metrics.calibration import Calibration
from training.evaluation.metrics.classification import (
    ClassMetrics,
    Curve,
    Ranking,
    precision_recall,
    roc,
)
from training.evaluation.predictions import Predictions
from training.evaluation.unknown import Detection
from training.report.style import CYCLE, HALF, name_rows, percent_axis, short_numbers, styled

Epochs = Sequence[Mapping[str, float]]
_Counts = npt.NDArray[np.int64]

_RIGHT = LinearSegmentedColormap.from_list('right', ['#ffffff', BLUE])
_WRONG = LinearSegmentedColormap.from_list('wrong', ['#fff1e8', ORANGE])
# The cells of more classes are smaller.
_FEW_CLASSES = 20
# Sum of red, green and blue, each 0 to 1, below which letters are white.
_DARK = 1.75
# Bins of fewer frames are drawn hollow: their accuracy is mostly chance.
_FEW_FRAMES = 20
# More named curves than this cannot be told apart.
_NAMED = 6
_BINS = 40
_TITLES = {'roc_auc': 'area', 'average_precision': 'average precision'}
# Average precision is the sum of steps, each as high as at its right end.
_DRAWN = {'roc_auc': 'default', 'average_precision': 'steps-pre'}


@styled
def class_bars(per_class: Mapping[str, ClassMetrics]) -> Figure:
    """Draw F1 as a bar, precision and recall as marks, for each class that has frames.

    The worst is on top; the axis starts where it needs to, so that 98 and 99 % can be told apart.
    """
    rows = sorted(
        ((label, found) for label, found in per_class.items() if found.support),
        key=lambda row: (row[1].f1, row[0]),
    )
    figure = Figure((HALF, 1.0 + 0.24 * len(rows)))
    axes = figure.add_subplot()
    values = [value for _, f in rows for value in (f.precision, f.recall, f.f1)]
    start = max(0.0, int(min(values, default=0.0) * 20 - 1) / 20)
    places = range(len(rows))
    axes.barh(places, [found.f1 - start for _, found in rows], left=start, color=LINE, label='F1')
    precision, recall = [f.precision for _, f in rows], [f.recall for _, f in rows]
    axes.plot(
        precision, places, '|', color=BLUE, label='precision', markersize=9, markeredgewidth=2
    )
    axes.plot(recall, places, 'o', color=ORANGE, label='recall', markersize=4)
    name_rows(axes, [f'{label.replace("_", " ")}  ({found.support})' for label, found in rows])
    for place, (_, found) in enumerate(rows):
        axes.text(1.0 + 0.02 * (1 - start), place, f'{found.f1:.3f}', va='center', color=SOFT)
    axes.set_xlim(start, 1.0 + 0.1 * (1 - start))
    percent_axis(axes, 'x')
    figure.legend(loc='outside upper right', ncols=3)
    return figure


@styled
def confusion_plot(confusion: Sequence[Sequence[int]], labels: Sequence[str]) -> Figure:
    """Draw counts, rows truth and columns predicted; colours are shares of each row.

    What is right is blue, what is wrong orange; empty cells stay clear, so that one frame among
    thousands can be seen. Labels that never occur on either side are left out.
    """
    counts: _Counts = np.array(confusion, np.int64).reshape(len(labels), len(labels))
    seen = np.flatnonzero(counts.sum(axis=0) + counts.sum(axis=1))
    counts = counts[np.ix_(seen, seen)]
    names = [labels[index].replace('_', ' ') for index in seen]
    size = len(names)
    small, cell = (9.0, 0.36) if size <= _FEW_CLASSES else (7.0, 0.24)
    side = max(3.2, 1.6 + 0.085 * max(map(len, names), default=0) + size * cell)
    figure = Figure((side, side))
    axes = figure.add_subplot()
    _cells(axes, counts)
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


def _cells(axes: Axes, counts: _Counts) -> None:
    size = len(counts)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    # A square root, because the mistakes of a good network are rare.
    colours = _WRONG(np.sqrt(shares))
    colours[np.eye(size, dtype=bool)] = _RIGHT(np.diag(shares))
    colours[counts == 0] = (1.0, 1.0, 1.0, 0.0)
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
            fontsize=8.0 if size <= _FEW_CLASSES else 5.5,
            color='white' if dark else INK,
        )
        # It lies within the axes: the layout need not measure it.
        text.set_in_layout(False)


@styled
def reliability_plot(calibrations: Mapping[str, Calibration]) -> Figure:
    """Draw one panel for each calibration, by its title, with the count of frames below.

    Perfect calibration lies on the diagonal; bars below it are overconfident, above it
    underconfident.
    """
    columns = len(calibrations)
    figure = Figure((max(3.6, HALF / 2 * columns), 4.0))
    panels = figure.subplots(2, columns, sharex=True, squeeze=False, height_ratios=(3, 1))
    for column, (title, found) in enumerate(calibrations.items()):
        _diagram(panels[0, column], title, found)
        _counts(panels[1, column], found)
    panels[0, 0].set_ylabel('accuracy')
    panels[1, 0].set_ylabel('frames')
    return figure


def _diagram(axes: Axes, title: str, found: Calibration) -> None:
    axes.plot([0, 1], [0, 1], color=SOFT, linewidth=1, linestyle='--')
    for one in found.bins:
        width = one.high - one.low
        axes.bar(
            one.low + 0.06 * width,
            one.accuracy,
            0.88 * width,
            align='edge',
            color=BLUE if one.frames >= _FEW_FRAMES else 'none',
            edgecolor=BLUE,
            alpha=0.85,
        )
        axes.plot(one.confidence, one.accuracy, '.', color=ORANGE, markersize=6)
    axes.set_title(f'{title}\nECE {found.ece:.3f}, NLL {found.nll:.3f}')
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.03)
    percent_axis(axes, 'y')


def _counts(axes: Axes, found: Calibration) -> None:
    for one in found.bins:
        width = one.high - one.low
        axes.bar(one.low + 0.06 * width, one.frames, 0.88 * width, align='edge', color=SOFT)
    axes.set_yscale('symlog', linthresh=1)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda frames, _: f'{frames:,.0f}'))
    axes.set_xlabel('probability of the top label')
    percent_axis(axes, 'x')


@styled
def roc_plot(predictions: Predictions, ranking: Ranking) -> Figure:
    """Draw false against true positive rate of each class against the rest.

    The hardest classes have names, the others are grey. The rates of false positives are on a
    logarithmic scale: a robot cares for the few per cent at the left, which a linear scale hides.
    """
    figure, axes = _curves(predictions, ranking, 'roc_auc', roc)
    axes.set_xscale('symlog', linthresh=1e-3, linscale=0.4)
    axes.set_xlim(0, 1)
    percent_axis(axes, 'x')
    axes.set_xlabel('false positive rate (logarithmic)')
    axes.set_ylabel('true positive rate')
    return figure


@styled
def precision_recall_plot(predictions: Predictions, ranking: Ranking) -> Figure:
    """Draw recall against precision of each class against the rest."""
    figure, axes = _curves(predictions, ranking, 'average_precision', precision_recall)
    axes.set_xlim(0, 1.01)
    percent_axis(axes, 'x')
    axes.set_xlabel('recall')
    axes.set_ylabel('precision')
    return figure


def _curves(
    predictions: Predictions, ranking: Ranking, area: str, curve: Callable[..., Curve]
) -> tuple[Figure, Axes]:
    figure = Figure((HALF, 3.8))
    axes = figure.add_subplot()
    areas = {label: getattr(found, area) for label, found in ranking.per_class.items()}
    worst_first = sorted(areas, key=areas.__getitem__)
    for position, label in reversed(list(enumerate(worst_first))):
        index = predictions.labels.index(label)
        found = curve(predictions.probabilities[:, index], predictions.truth == index)
        named = position < _NAMED
        axes.plot(
            found.x,
            found.y,
            drawstyle=_DRAWN[area],
            color=CYCLE[position] if named else LINE,
            label=f'{areas[label]:.4f}  {label.replace("_", " ")}' if named else None,
        )
    handles, names = axes.get_legend_handles_labels()
    rest = len(worst_first) - _NAMED
    if rest > 0:
        handles.insert(0, axes.plot([], [], color=LINE)[0])
        names.insert(0, f'{rest} others, each better')
    figure.legend(
        handles[::-1],
        names[::-1],
        title=_TITLES[area],
        loc='outside lower left',
        ncols=2,
        alignment='left',
    )
    axes.set_ylim(0, 1.01)
    percent_axis(axes, 'y')
    return figure, axes


@styled
def known_unknown_plot(known: Scores, unknown: Scores, detection: Detection) -> Figure:
    """Draw how a score is spread over known and unknown frames, with the threshold of 95 %."""
    figure = Figure((HALF, 3.2))
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
    figure.legend(loc='outside lower left', ncols=2)
    return figure


@styled
def training_plot(epochs: Epochs) -> Figure:
    """Draw `loss`, `accuracy`, their `val_` twins and `learning_rate`, as far as they are there.

    Args:
        epochs: one mapping each, with `epoch` from 1 (the `epochs` of `curves.json`).
    """
    wanted = [name for name in ('loss', 'accuracy', 'learning_rate') if _has(epochs, name)]
    figure = Figure((3.7 * max(1, len(wanted)), 3.0))
    for position, name in enumerate(wanted):
        _panel(figure.add_subplot(1, len(wanted), position + 1), epochs, name)
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
