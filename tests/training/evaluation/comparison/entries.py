# SPDX-License-Identifier: Apache-2.0
"""Real graphs of untrained networks, with predictions as an evaluation would keep them."""

from functools import lru_cache
from pathlib import Path

import numpy as np

from mobilenet_perception.inference.bundle import Variant
from training.evaluation.comparison.comparison import Entry
from training.evaluation.metrics.bootstrap import Interval
from training.evaluation.predictions import Predictions
from training.export.convert import export_onnx
from training.networks import NetworkSettings, build_network

LABELS = ('red', 'green')
GROUPS = 20


@lru_cache
def graph(size: int, alpha: float) -> bytes:
    settings = NetworkSettings(size, size, alpha, len(LABELS), 0.0)
    return export_onnx(build_network('separable_cnn', settings), 1.0)


def predictions(wrong: int, source: str = 'a') -> Predictions:
    """Return two frames of each of twenty groups; both are wrong in the first `wrong` groups."""
    truth = np.arange(2 * GROUPS) // 2 % 2
    given = np.where(np.arange(2 * GROUPS) < 2 * wrong, 1 - truth, truth)
    return Predictions(
        LABELS,
        np.eye(2, dtype=np.float32)[given] * 0.8 + 0.1,
        truth.astype(np.int64),
        tuple(f'group {index // 2}' for index in range(2 * GROUPS)),
        tuple(f'{source}/{index}' for index in range(2 * GROUPS)),
    )


def entry(name: str, wrong: int, size: int = 16, alpha: float = 0.5, source: str = 'a') -> Entry:
    found = predictions(wrong, source)
    accuracy = 1 - wrong / GROUPS
    return Entry(
        folder=Path('runs') / name,
        variant=Variant(
            name, f'{name}.onnx', 'separable_cnn', alpha, size, size, 'fp32', accuracy,
            1000, 10_000 * size, 1.0,
        ),
        model=graph(size, alpha),
        accuracy=accuracy,
        interval=Interval(accuracy, accuracy - 0.1, min(1.0, accuracy + 0.1), 0.95, '', GROUPS, 9),
        ece=0.05,
        frames=frozenset(found.names),
        labels=LABELS,
        predictions=found,
    )  # fmt: skip
