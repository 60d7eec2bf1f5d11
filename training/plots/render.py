# SPDX-License-Identifier: Apache-2.0
"""Figures as bytes; no display and no global state of pyplot."""

import io

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from training.plots.style import styled

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
