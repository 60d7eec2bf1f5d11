# SPDX-License-Identifier: Apache-2.0
"""Drives a robot along a world's route, as far as its pose at each moment says."""

import math
from typing import NamedTuple

from mobilenet_perception.street import World

# Gains of the controller of Kanayama et al., "A stable tracking control method for an autonomous
# mobile robot", ICRA 1990: along the way, across it, and of the direction.
_ALONG, _ACROSS, _DIRECTION = 1.5, 4.0, 4.0
_MOST_SPEED, _MOST_TURN = 3.0, 1.5
# Below this speed the way has no direction to turn to, metres a second.
_STANDING = 0.05
_STEP_S = 0.05
# Metres before the end of the route from which it counts as driven.
_END = 0.3


class GroundPose(NamedTuple):
    """Where a robot is: metres and radians."""

    x: float
    y: float
    yaw: float


class Velocity(NamedTuple):
    """How fast a robot is to go: metres a second ahead, radians a second to the left."""

    speed: float
    turn: float


def follow(world: World, seconds: float, pose: GroundPose) -> Velocity:
    """Return how fast to go, so that a robot is where the route says when the route says it.

    Args:
        world: whose route.
        seconds: since the start of the route.
        pose: where the robot is.
    """
    before, now, after = (world.route_at(seconds + by) for by in (-_STEP_S, 0.0, _STEP_S))
    along_x, along_y = after.x - before.x, after.y - before.y
    speed = math.hypot(along_x, along_y) / (2 * _STEP_S)
    yaw = math.atan2(along_y, along_x) if speed > _STANDING else pose.yaw
    away_x, away_y = now.x - pose.x, now.y - pose.y
    cos, sin = math.cos(pose.yaw), math.sin(pose.yaw)
    ahead, left = cos * away_x + sin * away_y, cos * away_y - sin * away_x
    turned = yaw - pose.yaw
    return Velocity(
        _within(speed * math.cos(turned) + _ALONG * ahead, _MOST_SPEED),
        _within(speed * (_ACROSS * left + _DIRECTION * math.sin(turned)), _MOST_TURN),
    )


def moved(pose: GroundPose, velocity: Velocity, seconds: float) -> GroundPose:
    """Return where a robot is that has driven so for a short time."""
    yaw = pose.yaw + velocity.turn * seconds / 2
    return GroundPose(
        pose.x + velocity.speed * math.cos(yaw) * seconds,
        pose.y + velocity.speed * math.sin(yaw) * seconds,
        pose.yaw + velocity.turn * seconds,
    )


def is_at_end(world: World, pose: GroundPose) -> bool:
    """Tell whether a robot has come to the end of a world's route, or beyond."""
    return pose.x > world.route[-1].x - _END


def _within(value: float, most: float) -> float:
    return max(-most, min(most, value))
