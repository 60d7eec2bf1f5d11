# SPDX-License-Identifier: Apache-2.0
"""A traffic light in Gazebo: a drum of three boards that turns to show the right one.

No stock system of Gazebo changes what a board shows; every one of them turns a joint. At angle 0
the board of the red light faces where the signal does, and those of yellow and green follow to
the left, each a third of a turn on.
"""

import math

from mobilenet_perception.simulation.labels import TRAFFIC_LIGHTS

THIRD = 2 * math.pi / len(TRAFFIC_LIGHTS)
# A board this far from the front still counts as shown, radians.
_SHOWN = math.radians(10)


def depth(size: float) -> float:
    """Return how far behind a board, `size` metres wide, the drum's axis is, in metres."""
    return size / (2 * math.sqrt(3))


def angle_of(label: str) -> float:
    """Return the angle at which a label shows, radians."""
    return -TRAFFIC_LIGHTS.index(label) * THIRD


def label_at(angle: float) -> str | None:
    """Return what a drum shows at an angle, None while it turns."""
    turns = -angle / THIRD
    nearest = round(turns)
    if abs(turns - nearest) * THIRD > _SHOWN:
        return None
    return TRAFFIC_LIGHTS[nearest % len(TRAFFIC_LIGHTS)]


def nearest_turn(angle: float, label: str) -> float:
    """Return the angle nearest to the present one at which a label shows, radians."""
    target = angle_of(label)
    return target + 2 * math.pi * round((angle - target) / (2 * math.pi))
