# SPDX-License-Identifier: Apache-2.0
"""Drawn signals."""

from mobilenet_perception.street import draw_signal
from training.images.composition import trim


def test_trim_cuts_to_what_is_drawn() -> None:
    light = trim(draw_signal('traffic_light_red', 64))
    assert light.shape[0] > 1.5 * light.shape[1]
    assert light[0, :, 3].any()
    assert light[:, -1, 3].any()
