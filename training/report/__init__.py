# SPDX-License-Identifier: Apache-2.0
"""The report of an evaluation: one HTML page that needs nothing else, from a plain record."""

from training.report.page import page
from training.report.record import Headline, Picture, Report, Section, Table

__all__ = [
    'Headline',
    'Picture',
    'Report',
    'Section',
    'Table',
    'page',
]
