# SPDX-License-Identifier: Apache-2.0
"""The style of plots: sober, and in the colours of the pages that they stand on.

Figures become bytes without a display and without the global state of pyplot.
"""

import io
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import cv2
import matplotlib
import numpy as np
import numpy.typing as npt
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator

from mobilenet_perception.tools.report import colours
from mobilenet_perception.tools.report.colours import AMBER, BLUE, GREEN, INK, LINE, ORANGE, SOFT

Pixels = npt.NDArray[np.uint8]
_P = ParamSpec('_P')
_R = TypeVar('_R')

CYCLE = (BLUE, ORANGE, GREEN, colours.PINK, colours.SKY, AMBER, INK)
# Inches of half the width of a page, and of all of it.
HALF, WHOLE = 6.2, 11.6
_DPI = 150

_STYLE: dict[Any, Any] = {
    'figure.dpi': 100,
    'figure.facecolor': 'white',
    'figure.constrained_layout.use': True,
    'savefig.facecolor': 'white',
    'font.family': 'sans-serif',
    'font.sans-serif': ['DejaVu Sans'],
    'font.size': 9.0,
    'text.color': INK,
    'axes.edgecolor': SOFT,
    'axes.labelcolor': INK,
    'axes.titlesize': 10.0,
    'axes.titleweight': 'bold',
    'axes.titlelocation': 'left',
    'axes.spines.top': False,
    'axes.spines.right': False,
    'axes.grid': True,
    'axes.axisbelow': True,
    'axes.prop_cycle': cycler(color=CYCLE),
    'grid.color': LINE,
    'grid.linewidth': 0.6,
    'xtick.color': SOFT,
    'ytick.color': SOFT,
    'xtick.minor.size': 3.5,
    'ytick.minor.size': 3.5,
    'lines.linewidth': 1.6,
    'legend.frameon': False,
    'legend.fontsize': 8.5,
    # A label may hold a dollar sign.
    'text.parse_math': False,
    # The same plot gives the same bytes, and letters look the same everywhere.
    'svg.hashsalt': 'mobilenet_perception',
    'svg.fonttype': 'path',
}


def styled(plot: Callable[_P, _R]) -> Callable[_P, _R]:
    """Make a function draw in this style, whatever the user's own settings are."""

    @wraps(plot)
    def draw(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        with matplotlib.rc_context():
            matplotlib.rcdefaults()
            matplotlib.rcParams.update(_STYLE)
            return plot(*args, **kwargs)

    return draw


def percent_axis(axes: Axes, which: str) -> None:
    """Write an axis (`x` or `y`) of shares 0 to 1 as per cent."""
    axis = {'x': axes.xaxis, 'y': axes.yaxis}[which]
    axis.set_major_formatter(FuncFormatter(lambda share, _: f'{round(100 * share, 3):g} %'))


def short_numbers(axis: Axis) -> None:
    """Write 1, 2 and 5 times each power of ten on a logarithmic axis, 12500000 as 12.5 M."""
    formatter = FuncFormatter(lambda value, _: _short(value))
    axis.set_major_formatter(formatter)
    axis.set_minor_locator(LogLocator(subs=(2, 5)))
    axis.set_minor_formatter(formatter)


def name_rows(axes: Axes, names: list[str]) -> None:
    """Name rows of bars on the left, the first on top, and take the grid between them away."""
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis='y', length=0, labelcolor=INK)
    axes.grid(axis='y', visible=False)
    axes.set_ylim(len(names) - 0.4, -0.6)


@styled
def png(figure: Figure) -> bytes:
    """Return a figure as PNG on white, at 150 dots per inch."""
    FigureCanvasAgg(figure)
    buffer = io.BytesIO()
    figure.savefig(buffer, format='png', dpi=_DPI, metadata={'Software': None})
    return buffer.getvalue()


@styled
def svg(figure: Figure) -> bytes:
    """Return a figure as SVG without a ground of its own, for a page that may be dark.

    Letters are outlines, and the same figure gives the same bytes.
    """
    buffer = io.BytesIO()
    figure.savefig(buffer, format='svg', transparent=True, metadata={'Date': None})
    return buffer.getvalue()


def shrink(pixels: Pixels, largest: int) -> Pixels:
    """Return an image, (height, width, 3) uint8, whose sides have so many pixels at most."""
    scale = min(1.0, largest / max(pixels.shape[:2]))
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _short(value: float) -> str:
    for size, unit in ((1e9, ' G'), (1e6, ' M'), (1e3, ' k')):
        if value >= size:
            return f'{value / size:g}{unit}'
    return f'{value:g}'
