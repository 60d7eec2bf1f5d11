# SPDX-License-Identifier: Apache-2.0
"""Hears all of a simulation: the classifier's answers, the truth, and a few images."""

from collections.abc import Iterable
from functools import partial

from geometry_msgs.msg import PoseStamped
from rcl_interfaces.msg import ParameterEvent
from sensor_msgs.msg import Image, JointState

from mobilenet_perception.frames import RegionOfInterest
from mobilenet_perception.recordings.source import SourceFrame
from mobilenet_perception.ros.listener import NODE, Listener
from mobilenet_perception.ros.messages import stamp_ns
from mobilenet_perception.street import World, gazebo
from mobilenet_perception.tools.report.run import Thumbnail
from mobilenet_perception.tools.report.thumbnails import thumbnail
from mobilenet_perception.tools.simulate.ground_truth import GroundTruth
from mobilenet_perception.tools.simulate.ros import messages

# So far apart are the images that are kept.
_PICTURE_NS = 150_000_000


class SimulationListener(Listener):
    """A ROS node that listens to the classifier and to the simulation.

    Attributes:
        ground_truth: the robot's poses and the lights' states.
        pictures: small images of each camera, in order.
    """

    def __init__(self, world: World, cameras: Iterable[str]) -> None:
        names = list(cameras)
        super().__init__(names)
        self.ground_truth = GroundTruth(world)
        self.pictures: dict[str, list[Thumbnail]] = {name: [] for name in names}
        self._node.create_subscription(PoseStamped, gazebo.POSE, self._take_pose, messages.STATES)
        self._node.create_subscription(
            ParameterEvent, '/parameter_events', self._parameters, messages.STATES
        )
        for light in gazebo.lights(world):
            self._node.create_subscription(
                JointState,
                gazebo.state_topic(light.name),
                partial(self._state, light.name),
                messages.STATES,
            )
        for name in names:
            self._node.create_subscription(
                Image, gazebo.image_topic(name), partial(self._picture, name), messages.IMAGES
            )

    def _take_pose(self, message: PoseStamped) -> None:
        self.ground_truth.add_pose(stamp_ns(message.header) / 1e9, messages.pose_of(message))

    def _state(self, light: str, message: JointState) -> None:
        angle = messages.angle_of(message)
        if angle is not None:
            self.ground_truth.add_angle(light, stamp_ns(message.header) / 1e9, angle)

    def _parameters(self, event: ParameterEvent) -> None:
        if event.node.rpartition('/')[2] != NODE:
            return
        seconds = event.stamp.sec + event.stamp.nanosec / 1e9
        for parameter in (*event.new_parameters, *event.changed_parameters):
            camera, _, name = parameter.name.rpartition('.')
            edges = parameter.value.integer_array_value
            if name == 'roi' and len(edges) == 4:
                self.ground_truth.add_region(camera, seconds, RegionOfInterest(*edges))

    def _picture(self, camera: str, message: Image) -> None:
        stamp, kept = stamp_ns(message.header), self.pictures[camera]
        if kept and 0 <= stamp - kept[-1].stamp_ns < _PICTURE_NS:
            return
        if picture := thumbnail(SourceFrame(camera, stamp, stamp, message)):
            kept.append(picture)
