# SPDX-License-Identifier: Apache-2.0
"""Compare networks: accuracy with its interval, size, work, and latency measured here."""

from training.evaluation.comparison.comparison import (
    Comparison,
    compare,
    measure_latencies,
)
from training.evaluation.comparison.report import (
    comparison_csv,
    comparison_report,
    comparison_text,
)

__all__ = [
    'Comparison',
    'compare',
    'comparison_csv',
    'comparison_report',
    'comparison_text',
    'measure_latencies',
]
