# SPDX-License-Identifier: Apache-2.0
"""Look at a data set before training on it: counts, damage, odd formats, duplicates, leaks."""

from training.data.inspection.inspection import (
    Copied,
    Inspection,
    LabelCount,
    Spread,
    Unreadable,
    inspect_data,
    print_inspection,
)
from training.data.inspection.write import write_inspection

__all__ = [
    'Copied',
    'Inspection',
    'LabelCount',
    'Spread',
    'Unreadable',
    'inspect_data',
    'print_inspection',
    'write_inspection',
]
