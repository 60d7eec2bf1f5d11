# SPDX-License-Identifier: Apache-2.0
"""What every plot must be."""

import cv2
import numpy as np
from matplotlib.figure import Figure
from matplotlib.text import Text

from training.report.style import png


def words(figure: Figure) -> list[str]:
    """Return everything written in a figure."""
    return [text.get_text() for text in figure.findobj(Text) if isinstance(text, Text)]


def check_whole(figure: Figure) -> None:
    """Check that the plot renders, and that nothing is cut off: its edge is white all around."""
    image = cv2.imdecode(np.frombuffer(png(figure), np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    assert image.min() < 128
    for edge in (image[0], image[-1], image[:, 0], image[:, -1]):
        assert edge.min() > 250
