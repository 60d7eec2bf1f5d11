# SPDX-License-Identifier: Apache-2.0
"""Drives the simulation: the robot along its route, the lights, and where the robot has itself.

It waits until the classifier decides and regions of the map come; then the world's time starts.
"""

import sys
from collections.abc import Mapping, Sequence
from functools import partial

from geometry_msgs.msg import PoseStamped, PoseWithCovarianceStamped, Twist
from rclpy.node import Node
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64
from vision_msgs.msg import Detection2DArray

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.pipeline.parameters import Specification, refusal
from mobilenet_perception.ros.messages import stamp_ns
from mobilenet_perception.ros.parameters import (
    DumpableParameters,
    check_given_parameters,
    declare_parameters,
    read_parameters,
)
from mobilenet_perception.ros.process import run_node
from mobilenet_perception.street import gazebo, sidewalk_world
from mobilenet_perception.tools.simulate.localization import PoseError, localized
from mobilenet_perception.tools.simulate.ros import messages
from mobilenet_perception.tools.simulate.route_follower import follow

NODE = 'simulation_driver'
ROUTE, TELEOP = 'route', 'teleop'
PARAMETERS: Mapping[str, Specification] = {
    'drive': Specification(
        ROUTE, 'who drives the robot: its route, or somebody else', choices=(ROUTE, TELEOP),
        read_only=True,
    ),
    'cameras': Specification(
        [gazebo.FRONT], "names of the classifier's cameras", read_only=True
    ),
    'classifier': Specification(
        'classifier', 'name of the classifier', is_name=True, read_only=True
    ),
    'pose_error_m': Specification(
        0.0, 'distance of the localised place from the true one, in metres', 0.0, 10.0,
        read_only=True,
    ),
    'pose_error_deg': Specification(
        0.0, 'most by which the localised direction is off, in degrees', 0.0, 45.0, read_only=True
    ),
}  # fmt: skip
# What is waited for of each camera.
_DECISIONS, _REGIONS = 'decisions', 'regions'
# A light is told anew where to stand, in case it did not hear.
_REPEAT_S = 0.5


class DriverNode(DumpableParameters, Node):  # type: ignore[misc]
    """Node `simulation_driver`; its parameters are `PARAMETERS`.

    Raises:
        PerceptionError: a parameter's value is not allowed.
    """

    def __init__(self) -> None:
        self.specifications = PARAMETERS
        super().__init__(NODE)
        self._world = sidewalk_world()
        declare_parameters(self, PARAMETERS)
        values = read_parameters(self, PARAMETERS)
        for name, value in values.items():
            if reason := refusal(name, PARAMETERS[name], value):
                raise PerceptionError(reason)
        self._on_route = values['drive'] == ROUTE
        cameras, classifier = values['cameras'], values['classifier']
        known = gazebo.mounts(self._world)
        for camera in cameras:
            if camera not in known:
                raise PerceptionError(
                    f'the robot has no camera {camera!r}: its cameras are {", ".join(known)}'
                )
        check_given_parameters(self, cameras, ())
        self._error = PoseError(values['pose_error_m'], values['pose_error_deg'])
        # Cameras that are not yet decided on, and those without regions.
        self._awaited = {(camera, what) for camera in cameras for what in (_DECISIONS, _REGIONS)}
        self._start_s: float | None = None
        self._angles: dict[str, float] = {}
        self._told: dict[str, tuple[float, float]] = {}
        self._command = self.create_publisher(Twist, gazebo.COMMAND, messages.STATES)
        self._turns = {
            light.name: self.create_publisher(
                Float64, gazebo.turn_topic(light.name), messages.STATES
            )
            for light in gazebo.lights(self._world)
        }
        self._localization = self.create_publisher(
            PoseWithCovarianceStamped, gazebo.LOCALIZATION, messages.STATES
        )
        for name in self._turns:
            self.create_subscription(
                JointState,
                gazebo.state_topic(name),
                partial(self._take_state, name),
                messages.STATES,
            )
        self.create_subscription(PoseStamped, gazebo.POSE, self._take_pose, messages.STATES)
        for camera in cameras:
            decisions = f'/{classifier}/{camera}/decisions'
            for what, topic in ((_DECISIONS, decisions), (_REGIONS, gazebo.regions_topic(camera))):
                self.create_subscription(
                    Detection2DArray, topic, partial(self._hear, camera, what), messages.STATES
                )

    def _hear(self, camera: str, what: str, message: Detection2DArray) -> None:
        self._awaited.discard((camera, what))

    def _take_state(self, light: str, message: JointState) -> None:
        angle = messages.angle_of(message)
        if angle is not None:
            self._angles[light] = angle

    def _take_pose(self, message: PoseStamped) -> None:
        now_s = stamp_ns(message.header) / 1e9
        pose = messages.pose_of(message)
        there = localized(pose, now_s, self._error)
        self._localization.publish(
            messages.localization_message(there, message.header.stamp, self._error)
        )
        if self._awaited:
            return
        # A simulation that is reset starts anew.
        if self._start_s is None or now_s < self._start_s:
            self._start_s = now_s
            self._told.clear()
            self.get_logger().info('the classifier decides: the world starts')
        seconds = now_s - self._start_s
        self._turn_lights(seconds)
        if self._on_route:
            self._command.publish(messages.twist_message(follow(self._world, seconds, pose)))

    def _turn_lights(self, seconds: float) -> None:
        for light in gazebo.lights(self._world):
            if light.name not in self._angles:
                continue
            target = gazebo.nearest_turn(self._angles[light.name], light.label_at(seconds))
            told, when = self._told.get(light.name, (None, 0.0))
            if target != told or seconds > when + _REPEAT_S:
                self._told[light.name] = (target, seconds)
                self._turns[light.name].publish(Float64(data=target))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the node until it is told to end.

    Returns:
        Exit status: 0; or 1 when it could not go on, the reason having been logged.
    """
    return run_node(NODE, DriverNode, arguments)


if __name__ == '__main__':
    sys.exit(main())
