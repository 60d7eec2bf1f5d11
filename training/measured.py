# SPDX-License-Identifier: Apache-2.0
"""What a bundle and a comparison need to know of one set of frames."""

from typing import NamedTuple


class Measured(NamedTuple):
    """Figures of one set of frames.

    Attributes:
        frames: how many.
        correct: of them, how many got the right label.
        accuracy: their share, 0 to 1.
        ece: expected calibration error, 0 to 1.
    """

    frames: int
    correct: int
    accuracy: float
    ece: float
