# SPDX-License-Identifier: Apache-2.0
"""The reliability diagram: how often a label is right that is given with some probability."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from training.evaluation.metrics.calibration import Calibration
from training.report.style import BLUE, ORANGE, SOFT, percent_axis, styled

# Bins of fewer frames are drawn hollow: their accuracy is mostly chance.
_FEW = 20


@styled
def reliability_plot(calibrations: Mapping[str, Calibration]) -> Figure:
    """Draw one panel for each calibration, by its title, with the count of frames below.

    Perfect calibration lies on the diagonal; bars below it are overconfident, above it
    underconfident.
    """
    columns = len(calibrations)
    figure = Figure((3.6 * columns, 4.2))
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
        sure = one.frames >= _FEW
        width = one.high - one.low
        axes.bar(
            one.low + 0.06 * width,
            one.accuracy,
            0.88 * width,
            align='edge',
            color=BLUE if sure else 'none',
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
