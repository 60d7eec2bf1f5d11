# SPDX-License-Identifier: Apache-2.0
"""Images to augment."""

import pytest

from mobilenet_perception.street import draw_signal
from training.data.data_set import Pixels


@pytest.fixture
def sign() -> Pixels:
    """A drawn sign on grey, (64, 48, 3) uint8 RGB."""
    drawn = draw_signal('speed_limit', 64)
    drawn[drawn[..., 3] < 128] = 128
    return drawn[:, 8:56, :3].copy()
