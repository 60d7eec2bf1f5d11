# SPDX-License-Identifier: Apache-2.0
"""The map of a drawn street: its regions hold the signals that the street's own camera shows."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from gazebo_world.write import mapped_signals

from mobilenet_perception.frames.signal_map import (
    CameraInfo,
    CameraModel,
    SignalMap,
    SignalRegion,
    ViewRules,
    mount_of,
    planar_pose,
    read_signal_map,
    signals_in_view,
)
from mobilenet_perception.street import Box, Drive, Signal, World, random_world, sidewalk_world
from mobilenet_perception.street.camera import PinholeCamera
from mobilenet_perception.street.gazebo import SIGNAL_MAP
from mobilenet_perception.street.regions import truth_of_signal
from mobilenet_perception.tools.simulate.localization import PoseError, localized
from mobilenet_perception.tools.simulate.route_follower import GroundPose

WIDTH, HEIGHT, RATE_HZ = 640, 480, 10.0
WORLDS = {
    'sidewalk': sidewalk_world(),
    **{f'random {seed}': random_world(seed) for seed in (1, 2)},
}


class Look(NamedTuple):
    """A frame of a drive: what the map says of it, and the camera that took it."""

    seconds: float
    camera: PinholeCamera
    regions: dict[str, SignalRegion]


def looks(world: World, error: PoseError) -> Iterator[Look]:
    """Drive, the camera nodding as it drives, and the robot wrong of where it is."""
    # Pixels as OpenCV counts them; the robot's own are counted from the image's corner.
    middle = ((WIDTH - 1) / 2, (HEIGHT - 1) / 2)
    drive = Drive(world, 30.0, RATE_HZ, width=WIDTH, height=HEIGHT)
    focal = drive.camera(0).focal_length
    model = CameraModel(
        CameraInfo(WIDTH, HEIGHT, '', [], [focal, 0, middle[0], 0, focal, middle[1], 0, 0, 1])
    )
    mount = mount_of(0, 0, world.mount.height, 0, world.mount.pitch, world.mount.yaw)
    place, turn = error.variances
    covariance = np.diag([place, place, 0.0, 0.0, 0.0, turn])
    signals: SignalMap = mapped_signals(world)
    for index in range(len(drive)):
        seconds = index / RATE_HZ
        x, y, yaw = world.route_at(seconds)[1:]
        pose = planar_pose(*localized(GroundPose(x, y, yaw), seconds, error))
        found = signals_in_view(
            signals, model, pose._replace(covariance=covariance), mount, ViewRules()
        )
        regions = {region.id: region for region in found}
        yield Look(seconds, drive.camera(index), regions)


def shown(look: Look, signal: Signal) -> Box:
    """What of a signal is in the image."""
    box = look.camera.box_of(signal, signal.label_at(look.seconds))
    assert box is not None
    frame = look.camera.frame
    return Box(
        max(box.left, 0.0),
        max(box.top, 0.0),
        min(box.right, frame.right),
        min(box.bottom, frame.bottom),
    )


@pytest.mark.parametrize('error', [PoseError(), PoseError(0.2, 2.0)], ids=['exact', 'off'])
@pytest.mark.parametrize('name', WORLDS)
def test_regions_hold_their_whole_signal(name: str, error: PoseError) -> None:
    world = WORLDS[name]
    signals = {signal.name: signal for signal in world.signals}
    held, clear, found = [], 0, 0
    for look in looks(world, error):
        for region in look.regions.values():
            box = Box(region.left, region.top, region.right, region.bottom)
            held.append(box.contains(shown(look, signals[region.id])))
        for signal in world.signals:
            truth = truth_of_signal(world, look.camera, look.seconds, signal)
            if truth is not None and truth.clear:
                clear += 1
                found += signal.name in look.regions
    assert len(held) > 500
    assert np.mean(held) >= 0.95
    # And none that could be read is left out.
    assert found >= 0.98 * clear > 100


def test_the_map_that_comes_with_the_package_is_of_the_street(root: Path) -> None:
    found = read_signal_map(root / SIGNAL_MAP)
    expected = mapped_signals(sidewalk_world())
    assert [signal.id for signal in found.signals] == [signal.id for signal in expected.signals]
    np.testing.assert_allclose(found.positions, expected.positions, atol=5e-4)
    (light,) = [signal for signal in found.signals if signal.kind == 'traffic_light']
    assert light.id == 'light'
    assert light.facing_deg == pytest.approx(math.degrees(math.pi))
