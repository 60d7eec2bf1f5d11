# SPDX-License-Identifier: Apache-2.0
"""A network to compare: its graph, and what its evaluation found."""

from pathlib import Path
from typing import NamedTuple

from mobilenet_perception.inference.bundle import Variant
from training.evaluation.metrics import Interval
from training.evaluation.predictions import Predictions


class Entry(NamedTuple):
    """A graph, and what is known of it before it is measured here.

    Attributes:
        folder: the run or bundle it comes from.
        variant: architecture, size, precision, parameters, multiply-adds.
        model: the ONNX graph.
        accuracy: on the test part, 0 to 1.
        interval: of the accuracy; None: the predictions are not kept, or of too few groups.
        ece: on the test part; None: not known.
        frames: of the test part, by name; empty: not known.
        labels: that are told apart.
        predictions: for the test part; None: not kept.
    """

    folder: Path
    variant: Variant
    model: bytes
    accuracy: float | None
    interval: Interval | None
    ece: float | None
    frames: frozenset[str]
    labels: tuple[str, ...]
    predictions: Predictions | None
