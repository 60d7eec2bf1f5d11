# SPDX-License-Identifier: Apache-2.0
"""What attributes did to a figure, as plots."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from training.report.style import BLUE, INK, SKY, percent_axis, short_numbers, styled
from training.sweep.effects import Effect, Effects
from training.sweep.record import Attribute
from training.sweep.tables import value_text

_HEIGHT, _WIDTH, _ACROSS = 2.6, 2.6, 3


@styled
def importance_plot(effects: Effects) -> Figure:
    """Draw the share of the variance that each attribute explains, the largest on top."""
    rows = [(e.setting, e.importance) for e in effects.effects if e.importance is not None]
    if effects.unexplained is not None:
        rows.append(('chance, and attributes together', effects.unexplained))
    figure = Figure((7.2, 0.8 + 0.28 * len(rows)))
    axes = figure.add_subplot()
    axes.barh(range(len(rows)), [share for _, share in rows], color=BLUE, height=0.6)
    axes.set_yticks(range(len(rows)), [name for name, _ in rows])
    axes.tick_params(axis='y', length=0, labelcolor=INK)
    axes.grid(axis='y', visible=False)
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.set_xlabel(f'share of the variance of {effects.figure}')
    percent_axis(axes, 'x')
    return figure


@styled
def partial_plot(effects: Effects, attributes: tuple[Attribute, ...]) -> Figure:
    """Draw the mean at each value of each attribute, the others being as they are on average."""
    drawn = [effect for effect in effects.effects if effect.levels]
    by_name = {attribute.setting: attribute for attribute in attributes}
    across = max(1, min(_ACROSS, len(drawn)))
    down = max(1, -(-len(drawn) // across))
    figure = Figure((max(4.0, _WIDTH * across), _HEIGHT * down))
    grid = figure.subplots(down, across, sharey=True, squeeze=False)
    panels = [axes for row in grid for axes in row]
    for axes, effect in zip(panels, drawn, strict=False):
        _panel(axes, effect, by_name[effect.setting])
    for axes in panels[len(drawn) :]:
        axes.set_axis_off()
    for row in grid:
        row[0].set_ylabel(effects.figure if effects.figure != 'macs' else 'multiply-adds')
    if effects.figure == 'accuracy':
        percent_axis(panels[0], 'y')
    elif effects.figure == 'macs':
        panels[0].set_yscale('log')
        short_numbers(panels[0].yaxis)
    else:
        panels[0].set_ylim(bottom=0)
        for row in grid:
            row[0].set_ylabel(f'{effects.figure} (ms)')
    return figure


def _panel(axes: Axes, effect: Effect, attribute: Attribute) -> None:
    means = [level.mean for level in effect.levels]
    known = [level for level in effect.levels if level.low is not None]
    lows, highs = [level.low or 0.0 for level in known], [level.high or 0.0 for level in known]
    if attribute.values:
        places = list(range(len(means)))
        axes.plot(places, means, 'o', color=BLUE)
        if known:
            axes.vlines(places, lows, highs, color=BLUE, alpha=0.5)
        axes.set_xticks(places, [value_text(level.value) for level in effect.levels])
        axes.set_xlim(-0.5, len(means) - 0.5)
    else:
        x = [float(level.value) for level in effect.levels]
        axes.plot(x, means, color=BLUE)
        if known:
            axes.fill_between(x, lows, highs, color=SKY, alpha=0.3, linewidth=0)
        if attribute.logarithmic:
            axes.set_xscale('log')
            axes.xaxis.set_minor_locator(NullLocator())
            ticks = [x[0], x[len(x) // 2], x[-1]]
            axes.set_xticks(ticks, [f'{tick:.2g}' for tick in ticks])
    axes.set_xlabel(effect.setting)
