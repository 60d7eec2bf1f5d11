# SPDX-License-Identifier: Apache-2.0
"""What a simulation told of its robot and its lights, and what was true of each frame by it."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.street import Phase, Signal, World, camera_at, gazebo, truth_of_signal
from mobilenet_perception.street.world import Mount
from mobilenet_perception.tools.simulate.route_follower import GroundPose

_FOR_EVER_S = 1e9
# A frame whose robot was last seen longer ago is left out, seconds.
_GAP_S = 0.5


class SignalTruth(NamedTuple):
    """What a signal showed to a camera at a time.

    Attributes:
        signal: its name.
        label: what it showed.
        clear: whether an answer can be asked for.
        distance_m: from the robot to it, on the ground.
    """

    signal: str
    label: str
    clear: bool
    distance_m: float


class GroundTruth:
    """Takes in what is told, in order of time, and says what was true of frames.

    A jump back of time, when a simulation is reset, starts anew.
    """

    def __init__(self, world: World) -> None:
        """Prepare for a world: of its lights only their places are taken for true."""
        self._world = world
        self._poses: list[tuple[float, GroundPose]] = []
        self._shown: dict[str, list[tuple[float, str]]] = {
            light.name: [] for light in gazebo.lights(world)
        }

    @property
    def latest(self) -> tuple[float, GroundPose] | None:
        """The last pose of the robot, with its time in seconds."""
        return self._poses[-1] if self._poses else None

    def add_pose(self, seconds: float, pose: GroundPose) -> None:
        """Take in where the robot is."""
        if self._poses and seconds < self._poses[-1][0]:
            self._poses.clear()
            for shown in self._shown.values():
                shown.clear()
        self._poses.append((seconds, pose))

    def add_angle(self, light: str, seconds: float, angle: float) -> None:
        """Take in how the drum of a light stands, in radians."""
        label = gazebo.label_at(angle)
        shown = self._shown[light]
        if label is not None and (not shown or shown[-1][1] != label):
            shown.append((seconds, label))

    def pose_at(self, seconds: float) -> GroundPose | None:
        """Return where the robot was, between two tellings in a straight line; None: unknown."""
        index = bisect_right(self._poses, seconds, key=lambda told: told[0])
        if index == 0 or index == len(self._poses):
            near = self._poses[max(0, index - 1)] if self._poses else None
            return near[1] if near and abs(near[0] - seconds) < _GAP_S else None
        (start, first), (end, second) = self._poses[index - 1], self._poses[index]
        if end - start > _GAP_S:
            return None
        share = (seconds - start) / (end - start)
        turned = math.remainder(second.yaw - first.yaw, 2 * math.pi)
        return GroundPose(
            first.x + share * (second.x - first.x),
            first.y + share * (second.y - first.y),
            first.yaw + share * turned,
        )

    def in_view(self, mount: Mount, times: Sequence[float]) -> list[list[SignalTruth] | None]:
        """Return what a camera showed.

        Args:
            mount: how it sits on the robot.
            times: of its frames' capture, in seconds of the simulation.

        Returns:
            The signals in view of each frame, the nearest first; None where the robot's pose is
            not known.

        Raises:
            PerceptionError: a light never said how it stands.
        """
        world = self._true_world()
        return [self._at(world, mount, seconds) for seconds in times]

    def _at(self, world: World, mount: Mount, seconds: float) -> list[SignalTruth] | None:
        pose = self.pose_at(seconds)
        if pose is None:
            return None
        camera = camera_at(*pose, mount, gazebo.IMAGE_SIZE)
        found = []
        for signal in world.signals:
            truth = truth_of_signal(world, camera, seconds, signal)
            if truth is not None:
                distance = math.dist(pose[:2], signal.position[:2])
                found.append(SignalTruth(signal.name, truth.label, truth.clear, distance))
        return sorted(found, key=lambda truth: truth.distance_m)

    def _true_world(self) -> World:
        """Return the world with lights that change when they were seen to change."""
        signals = (
            self._true(signal) if signal.name in self._shown else signal
            for signal in self._world.signals
        )
        return self._world._replace(signals=tuple(signals))

    def _true(self, light: Signal) -> Signal:
        shown = self._shown[light.name]
        if not shown:
            raise PerceptionError(
                f'{light.name} never said what it shows: nothing came on '
                f'{gazebo.state_topic(light.name)}'
            )
        starts = [0.0, *(seconds for seconds, _ in shown[1:]), _FOR_EVER_S]
        phases = [
            Phase(label, end - start)
            for (_, label), start, end in zip(shown, starts[:-1], starts[1:], strict=True)
        ]
        return light._replace(programme=tuple(phases))
