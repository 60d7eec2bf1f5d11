# SPDX-License-Identifier: Apache-2.0
"""Names beside points, where they cover neither each other nor the points."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox

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
