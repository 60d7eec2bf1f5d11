# SPDX-License-Identifier: Apache-2.0
"""Accuracy against cost, with the front: the points that no other beats in both.

Names beside points, where they cover neither each other nor the points.
"""

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox

from mobilenet_perception.tools.report.colours import BLUE, INK, SOFT
from training.report.style import HALF, percent_axis, short_numbers, styled

Named = tuple[str, float, float, str]
"""Name, x, y, colour."""

_GAP = 6.0
# First where no line of a rising front runs, later where it does; then the same farther away.
_PLACES = tuple(
    (far * x, far * y)
    for far in (1.0, 2.2, 3.6, 5.0, 7.0, 9.0)
    for x, y in ((1, -1), (-1, 1), (0, -1), (0, 1), (1, 1), (1, 0), (-1, 0), (-1, -1))
)


def name_points(figure: Figure, axes: Axes, points: Sequence[Named]) -> None:
    """Write names beside their points, in axes that have their limits and scales already.

    Greedy, point by point: the first place that is free and inside the axes, else the one that
    covers least. Enough for tens of points.
    """
    FigureCanvasAgg(figure)
    figure.draw_without_rendering()
    inside = axes.get_window_extent()
    taken = [_around(axes, x, y) for _, x, y, _ in points]
    for point in points:
        options = []
        for place, (right, up) in enumerate(_PLACES):
            text = _write(axes, point, right, up)
            text.get_window_extent()  # puts the words in their place
            # Of the words alone, without the line that leads to them.
            box = Text.get_window_extent(text).padded(1.0)
            outside = _area(box) - _overlap(box, inside)
            options.append((outside + sum(_overlap(box, other) for other in taken), place, box))
            text.remove()
            if options[-1][0] <= 0:
                break
        _, place, box = min(options, key=lambda option: option[:2])
        _write(axes, point, *_PLACES[place])
        taken.append(box)


def _write(axes: Axes, point: Named, right: float, up: float) -> Annotation:
    name, x, y, colour = point
    far = max(abs(right), abs(up)) > 1
    line = {'arrowstyle': '-', 'linewidth': 0.5, 'color': colour, 'shrinkA': 0, 'shrinkB': 3}
    annotation = axes.annotate(
        name,
        (x, y),
        (right * _GAP, up * _GAP),
        textcoords='offset points',
        ha='left' if right > 0 else 'right' if right < 0 else 'center',
        va='bottom' if up > 0 else 'top' if up < 0 else 'center',
        fontsize=7.5,
        color=colour,
        path_effects=[withStroke(linewidth=2.0, foreground='white')],
        arrowprops=line if far else None,
    )
    # Else the layout would make room for it and move the points.
    annotation.set_in_layout(False)
    return annotation


def _around(axes: Axes, x: float, y: float) -> Bbox:
    across, up = axes.transData.transform((x, y))
    return Bbox.from_extents(across - 4, up - 4, across + 4, up + 4)


def _area(box: Bbox) -> float:
    return float(box.width * box.height)


def _overlap(first: Bbox, second: Bbox) -> float:
    shared = Bbox.intersection(first, second)
    return _area(shared) if shared is not None else 0.0


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
    figure = Figure((HALF, 4.2))
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
