# SPDX-License-Identifier: Apache-2.0
"""Signals drawn by the project's own code, so that simulated boards are recognised too."""

import numpy as np

from mobilenet_perception.simulation.labels import SIGNAL_LABELS
from mobilenet_perception.simulation.signals import draw_signal, variants
from training.data.sample import Pixels

_SIZES = (48, 128)


def drawn_signals() -> dict[str, list[Pixels]]:
    """Return every drawing of every label, trimmed to what is drawn, as RGBA, small and large."""
    return {
        label: [
            trim(draw_signal(label, size, variant))
            for variant in range(variants(label))
            for size in _SIZES
        ]
        for label in SIGNAL_LABELS
    }


def trim(drawing: Pixels) -> Pixels:
    """Cut away rows and columns where an RGBA drawing is transparent."""
    rows = np.flatnonzero(drawing[..., 3].any(axis=1))
    columns = np.flatnonzero(drawing[..., 3].any(axis=0))
    kept = drawing[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return np.ascontiguousarray(kept)
