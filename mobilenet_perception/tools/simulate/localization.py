# SPDX-License-Identifier: Apache-2.0
"""Localisation of the simulated robot: its true pose, an error that wanders, and its spread."""

import math
from typing import NamedTuple

from mobilenet_perception.tools.simulate.route_follower import GroundPose

# The error goes once round the true place, and swings once to either side, in these times.
_ROUND_S, _SWING_S = 7.0, 5.0
# What is stated where there is no error: no localisation claims to have none.
_LEAST_M, _LEAST_DEG = 0.02, 0.2


class PoseError(NamedTuple):
    """How far a localisation is off.

    Attributes:
        metres: distance of the place that it states from the true one.
        degrees: the most by which its direction is off.
    """

    metres: float = 0.0
    degrees: float = 0.0

    @property
    def variances(self) -> tuple[float, float]:
        """Of x and of y, square metres; of the direction, square radians."""
        metres, degrees = max(self.metres, _LEAST_M), max(self.degrees, _LEAST_DEG)
        # Of a point on a circle along an axis, and of a sine: half the square.
        return metres**2 / 2, math.radians(degrees) ** 2 / 2


def localized(pose: GroundPose, seconds: float, error: PoseError) -> GroundPose:
    """Return where a localisation has a robot at a time."""
    direction = 2 * math.pi * seconds / _ROUND_S
    swing = math.sin(2 * math.pi * seconds / _SWING_S)
    return GroundPose(
        pose.x + error.metres * math.cos(direction),
        pose.y + error.metres * math.sin(direction),
        pose.yaw + math.radians(error.degrees) * swing,
    )
