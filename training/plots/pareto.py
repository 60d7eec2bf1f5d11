# SPDX-License-Identifier: Apache-2.0
"""Accuracy against cost, with the front: the points that no other beats in both."""

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.figure import Figure

from training.plots.labels import name_points
from training.plots.style import BLUE, INK, SOFT, percent_axis, short_numbers, styled


class Point(NamedTuple):
    """A model on the plot.

    Attributes:
        name: drawn beside it.
        cost: latency, multiply-adds, parameters or size; above 0, less is better.
        accuracy: 0 to 1.
        low: lower end of the accuracy's interval; None: not known.
        high: upper end.
    """

    name: str
    cost: float
    accuracy: float
    low: float | None = None
    high: float | None = None


def pareto_front(points: Sequence[Point]) -> tuple[Point, ...]:
    """Return the points that no other beats, by rising cost.

    A point is beaten by one that costs no more and is no less accurate, and is better in one of
    the two.
    """
    front: list[Point] = []
    for point in sorted(points, key=lambda one: (one.cost, -one.accuracy)):
        same = front and (point.cost, point.accuracy) == (front[-1].cost, front[-1].accuracy)
        if not front or point.accuracy > front[-1].accuracy or same:
            front.append(point)
    return tuple(front)


@styled
def pareto_plot(points: Sequence[Point], cost: str, logarithmic: bool = True) -> Figure:
    """Draw accuracy against cost, the front as a line, each point with its name.

    Args:
        points: one or more.
        cost: what `cost` is, with its unit, such as `latency (ms)`.
        logarithmic: whether its axis is.
    """
    figure = Figure((7.2, 4.4))
    axes = figure.add_subplot()
    front = pareto_front(points)
    beaten = [point for point in points if point not in front]
    for group, colour in ((beaten, SOFT), (front, BLUE)):
        for point in group:
            if point.low is not None and point.high is not None:
                axes.vlines(point.cost, point.low, point.high, color=colour, alpha=0.35)
        axes.plot(
            [p.cost for p in group], [p.accuracy for p in group], 'o', color=colour, markersize=5
        )
    if logarithmic:
        axes.set_xscale('log')
        short_numbers(axes.xaxis)
    axes.margins(0.12, 0.1)
    axes.autoscale_view()
    right = axes.get_xlim()[1]
    axes.plot(
        [*(p.cost for p in front), right],
        [*(p.accuracy for p in front), front[-1].accuracy],
        drawstyle='steps-post',
        color=BLUE,
        linewidth=1.0,
        alpha=0.6,
        zorder=1,
    )
    axes.set_xlim(right=right)
    axes.set_xlabel(cost)
    axes.set_ylabel('accuracy')
    percent_axis(axes, 'y')
    marks = [(p.name, p.cost, p.accuracy, INK if p in front else SOFT) for p in points]
    name_points(figure, axes, marks)
    return figure
