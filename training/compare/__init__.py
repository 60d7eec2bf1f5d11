# SPDX-License-Identifier: Apache-2.0
"""Compare networks: accuracy with its interval, size, work, and latency measured here."""

from training.compare.comparison import Comparison, Row, compare
from training.compare.entry import Entry
from training.compare.latency import Latency, measure_latencies
from training.compare.read import Found, read_entries
from training.compare.report import comparison_report
from training.compare.tables import comparison_csv, comparison_text

__all__ = [
    'Comparison',
    'Entry',
    'Found',
    'Latency',
    'Row',
    'compare',
    'comparison_csv',
    'comparison_report',
    'comparison_text',
    'measure_latencies',
    'read_entries',
]
