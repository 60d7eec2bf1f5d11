# SPDX-License-Identifier: Apache-2.0
"""The report of an evaluation: one HTML page that needs nothing else, from a plain record."""

from training.report.evaluation import Findings, Scored, evaluation_report
from training.report.page import page
from training.report.record import Headline, Picture, Report, Section, Table

__all__ = [
    'Findings',
    'Headline',
    'Picture',
    'Report',
    'Scored',
    'Section',
    'Table',
    'evaluation_report',
    'page',
]
