# SPDX-License-Identifier: Apache-2.0
"""Where data are looked for when no path is given."""

import os
from pathlib import Path

DATA_VARIABLE = 'MOBILENET_PERCEPTION_DATA'


def default_data() -> Path:
    """Return the path in the environment variable, or the folder beside the checkout."""
    beside = Path(__file__).resolve().parents[3] / 'shared' / 'data'
    return Path(os.environ.get(DATA_VARIABLE, beside))
