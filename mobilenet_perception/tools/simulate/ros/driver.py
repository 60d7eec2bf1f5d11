# SPDX-License-Identifier: Apache-2.0
"""Drives the simulation: the robot along its route, the lights, and where the cameras look.

It waits until the classifier decides; then the world's time starts.
"""

import sys
from collections.abc import Mapping, Sequence
from functools import partial

from geometry_msgs.msg import PoseStamped, Twist
from rclpy.node import Node
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64
from vision_msgs.msg import Classification

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
from mobilenet_perception.ros.region_setter import RegionSetter
from mobilenet_perception.street import RegionPlanner, camera_at, gazebo, sidewalk_world
from mobilenet_perception.tools.simulate.ros import messages
from mobilenet_perception.tools.simulate.route_follower import Velocity, follow, moved

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
}  # fmt: skip
# Poses come so often, and regions are planned for the place that the robot will have when the
# node has them.
_RATE_HZ = 50.0
_LEAD_S = 0.07
_ANSWER_S = 30.0
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
        self._mounts = {camera: known[camera] for camera in cameras}
        self._planners = {
            camera: RegionPlanner(self._world.signals, _RATE_HZ) for camera in cameras
        }
        check_given_parameters(self, cameras, ())
        self._regions = RegionSetter(self, classifier)
        self._start_s: float | None = None
        self._decided = False
        self._angles: dict[str, float] = {}
        self._told: dict[str, tuple[float, float]] = {}
        self._command = self.create_publisher(Twist, gazebo.COMMAND, messages.STATES)
        self._turns = {
            light.name: self.create_publisher(
                Float64, gazebo.turn_topic(light.name), messages.STATES
            )
            for light in gazebo.lights(self._world)
        }
        self._velocity = Velocity(0.0, 0.0)
        for name in self._turns:
            self.create_subscription(
                JointState,
                gazebo.state_topic(name),
                partial(self._take_state, name),
                messages.STATES,
            )
        self.create_subscription(PoseStamped, gazebo.POSE, self._take_pose, messages.STATES)
        for camera in cameras:
            topic = f'/{classifier}/{camera}/decision'
            self.create_subscription(Classification, topic, self._take_decision, messages.STATES)

    def _take_decision(self, message: Classification) -> None:
        if not self._decided:
            self._regions.wait(_ANSWER_S)
            self._decided = True

    def _take_state(self, light: str, message: JointState) -> None:
        angle = messages.angle_of(message)
        if angle is not None:
            self._angles[light] = angle

    def _take_pose(self, message: PoseStamped) -> None:
        now_s = stamp_ns(message.header) / 1e9
        if not self._decided:
            return
        # A simulation that is reset starts anew.
        if self._start_s is None or now_s < self._start_s:
            self._start_s = now_s
            self._told.clear()
            self.get_logger().info('the classifier decides: the world starts')
        pose = messages.pose_of(message)
        seconds = now_s - self._start_s
        self._turn_lights(seconds)
        if self._on_route:
            self._velocity = follow(self._world, seconds, pose)
            self._command.publish(messages.twist_message(self._velocity))
        soon = moved(pose, self._velocity, _LEAD_S)
        for camera, mount in self._mounts.items():
            region = self._planners[camera].look(camera_at(*soon, mount, gazebo.IMAGE_SIZE))
            self._regions.request(camera, region.roi)

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
