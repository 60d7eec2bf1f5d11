# SPDX-License-Identifier: Apache-2.0
"""A robot that is told so is where the route says, when it says so."""

import math

from mobilenet_perception.street import sidewalk_world
from mobilenet_perception.tools.simulate.route_follower import GroundPose, follow, is_at_end, moved

WORLD = sidewalk_world()
STEP_S = 0.02


def driven(start: GroundPose, seconds: float = 31.0) -> list[tuple[float, GroundPose]]:
    pose, track = start, []
    for step in range(round(seconds / STEP_S)):
        now = step * STEP_S
        track.append((now, pose))
        pose = moved(pose, follow(WORLD, now, pose), STEP_S)
    return track


def away(now: float, pose: GroundPose) -> float:
    way = WORLD.route_at(now)
    return math.hypot(way.x - pose.x, way.y - pose.y)


def test_it_keeps_to_the_route_and_ends_there() -> None:
    track = driven(GroundPose(0.0, 0.0, 0.0))
    assert max(away(*told) for told in track) < 0.2
    assert is_at_end(WORLD, track[-1][1])
    assert not is_at_end(WORLD, track[len(track) // 2][1])


def test_it_finds_back_from_beside_the_route() -> None:
    track = driven(GroundPose(-0.5, 0.4, -0.3))
    assert all(away(*told) < 0.1 for told in track if told[0] > 6.0)


def test_it_stands_at_the_crossing_while_the_light_is_red() -> None:
    track = driven(GroundPose(0.0, 0.0, 0.0))
    (light,) = [signal for signal in WORLD.signals if len(signal.programme) > 1]
    waiting = [p.x for now, p in track if light.label_at(now) == 'traffic_light_red']
    assert max(waiting) < WORLD.ground.crossings[0][0]
    assert max(waiting) - min(waiting) < 0.3
