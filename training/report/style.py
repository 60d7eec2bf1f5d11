# SPDX-License-Identifier: Apache-2.0
"""The one style of all plots: sober, on white, in colours that colour-blind people tell apart.

Figures as bytes; no display and no global state of pyplot.
"""

import io
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import matplotlib
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator

_P = ParamSpec('_P')
_R = TypeVar('_R')

# Okabe, Ito: Color universal design. 2008; without its yellow, which is faint on white.
BLUE = '#0072b2'
ORANGE = '#d55e00'
GREEN = '#009e73'
PINK = '#cc79a7'
SKY = '#56b4e9'
AMBER = '#e69f00'
INK = '#1b2430'
SOFT = '#5b6776'
LINE = '#d9dfe6'
CYCLE = (BLUE, ORANGE, GREEN, PINK, SKY, AMBER, INK)

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


def _short(value: float) -> str:
    for size, unit in ((1e9, ' G'), (1e6, ' M'), (1e3, ' k')):
        if value >= size:
            return f'{value / size:g}{unit}'
    return f'{value:g}'


_DPI = 150


@styled
def png(figure: Figure) -> bytes:
    """Return a figure as PNG at 150 dots per inch."""
    FigureCanvasAgg(figure)
    buffer = io.BytesIO()
    figure.savefig(buffer, format='png', dpi=_DPI, metadata={'Software': None})
    return buffer.getvalue()


@styled
def svg(figure: Figure) -> bytes:
    """Return a figure as SVG, letters as outlines; the same figure gives the same bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format='svg', metadata={'Date': None})
    return buffer.getvalue()
