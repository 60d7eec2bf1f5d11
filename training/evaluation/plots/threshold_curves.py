# SPDX-License-Identifier: Apache-2.0
"""ROC and precision-recall curves: the hardest classes by name, the others in grey."""

from collections.abc import Callable

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from training.evaluation.metrics.classification import Curve, Ranking, precision_recall, roc
from training.evaluation.predictions import Predictions
from training.report.style import CYCLE, LINE, percent_axis, styled

# More named curves than this cannot be told apart.
_NAMED = 6
_TITLES = {'roc_auc': 'area', 'average_precision': 'average precision'}
# Average precision is the sum of steps, each as high as at its right end.
_DRAWN = {'roc_auc': 'default', 'average_precision': 'steps-pre'}


@styled
def roc_plot(predictions: Predictions, ranking: Ranking) -> Figure:
    """Draw false against true positive rate of each class against the rest.

    The rates of false positives are on a logarithmic scale: a robot cares for the few per cent
    at the left, which a linear scale hides.
    """
    figure, axes = _figure(predictions, ranking, 'roc_auc', roc)
    axes.set_xscale('symlog', linthresh=1e-3, linscale=0.4)
    axes.set_xlim(0, 1)
    percent_axis(axes, 'x')
    axes.set_xlabel('false positive rate (logarithmic)')
    axes.set_ylabel('true positive rate')
    return figure


@styled
def precision_recall_plot(predictions: Predictions, ranking: Ranking) -> Figure:
    """Draw recall against precision of each class against the rest."""
    figure, axes = _figure(predictions, ranking, 'average_precision', precision_recall)
    axes.set_xlim(0, 1.01)
    percent_axis(axes, 'x')
    axes.set_xlabel('recall')
    axes.set_ylabel('precision')
    return figure


def _figure(
    predictions: Predictions, ranking: Ranking, area: str, curve: Callable[..., Curve]
) -> tuple[Figure, Axes]:
    figure = Figure((7.2, 3.8))
    axes = figure.add_subplot()
    areas = {label: getattr(found, area) for label, found in ranking.per_class.items()}
    worst_first = sorted(areas, key=areas.__getitem__)
    rest = len(worst_first) - _NAMED
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
    if rest > 0:
        handles.insert(0, axes.plot([], [], color=LINE)[0])
        names.insert(0, f'{rest} others, each better')
    figure.legend(handles[::-1], names[::-1], title=_TITLES[area], loc='outside right upper')
    axes.set_ylim(0, 1.01)
    percent_axis(axes, 'y')
    return figure, axes
