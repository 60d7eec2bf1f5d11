# SPDX-License-Identifier: Apache-2.0
"""Hears all of a simulation: the classifier's answers, the truth, and a few images."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import NamedTuple

from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseStamped
from sensor_msgs.msg import Image, JointState
from vision_msgs.msg import Detection2D, Detection2DArray

from mobilenet_perception.frames import RegionOfInterest
from mobilenet_perception.pipeline.decision import ScoredLabel
from mobilenet_perception.planner.knowledge import NOTHING
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


class LookedAt(NamedTuple):
    """A region as the classifier used it, and its best labels."""

    roi: RegionOfInterest
    top: tuple[ScoredLabel, ...]


class SimulationListener(Listener):
    """A ROS node that listens to the classifier and to the simulation.

    Attributes:
        ground_truth: the robot's poses and the lights' states.
        pictures: small images of each camera, in order.
        looked_at: regions of each frame by the signal's name; by camera and stamp.
    """

    def __init__(self, world: World, cameras: Iterable[str]) -> None:
        names = list(cameras)
        super().__init__(names)
        self.ground_truth = GroundTruth(world)
        self.pictures: dict[str, list[Thumbnail]] = {name: [] for name in names}
        self.looked_at: dict[tuple[str, int], dict[str, LookedAt]] = {}
        # What each signal was last taken for; after each frame; and by the frame it rests on.
        self._things: dict[str, dict[str, str]] = {}
        self._after: dict[tuple[str, int], dict[str, str]] = {}
        self._resting: dict[tuple[str, int, str], str] = {}
        for name in names:
            for topic, take in (('detections', self._regions), ('decisions', self._decisions)):
                self._node.create_subscription(
                    Detection2DArray, f'/{NODE}/{name}/{topic}', partial(take, name),
                    messages.STATES,
                )  # fmt: skip
        self._node.create_subscription(PoseStamped, gazebo.POSE, self._take_pose, messages.STATES)
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

    def decision_on(self, camera: str, stamp_ns: int, signal: str) -> str:
        """Return the decision on a signal after a frame; empty: none was heard."""
        resting = self._resting.get((camera, stamp_ns, signal))
        return resting or self._after.get((camera, stamp_ns), {}).get(signal, '')

    def _regions(self, camera: str, message: Detection2DArray) -> None:
        looked_at = {
            found.id: LookedAt(_roi(found), tuple(_top(found))) for found in message.detections
        }
        key = camera, stamp_ns(message.header)
        self.looked_at[key] = looked_at
        # Of the camera as a whole, for who shows how it goes: the best label of all.
        tops = [looked.top for looked in looked_at.values() if looked.top]
        if tops:
            self.labels[key] = max(tops, key=lambda top: top[0].score)

    def _decisions(self, camera: str, message: Detection2DArray) -> None:
        self._things[camera] = {}
        for found in message.detections:
            label = found.results[0].hypothesis.class_id
            self._things[camera][found.id] = label
            self._resting[camera, stamp_ns(found.header), found.id] = label
        shown = ', '.join(self._things[camera].values()) or NOTHING
        self.decisions[camera] = ScoredLabel(shown, 1.0)

    def _timing(self, camera: str, message: DiagnosticArray) -> None:
        super()._timing(camera, message)
        # A frame that did not show a signal in time leaves the decision on it as it stands.
        self._after[camera, stamp_ns(message.header)] = self._things.get(camera, {})

    def _picture(self, camera: str, message: Image) -> None:
        stamp, kept = stamp_ns(message.header), self.pictures[camera]
        if kept and 0 <= stamp - kept[-1].stamp_ns < _PICTURE_NS:
            return
        if picture := thumbnail(SourceFrame(camera, stamp, stamp, message)):
            kept.append(picture)


def _roi(found: Detection2D) -> RegionOfInterest:
    centre, width, height = found.bbox.center.position, found.bbox.size_x, found.bbox.size_y
    left, top = round(centre.x - width / 2), round(centre.y - height / 2)
    return RegionOfInterest(left, top, round(width), round(height))


def _top(found: Detection2D) -> Iterator[ScoredLabel]:
    for result in found.results:
        yield ScoredLabel(result.hypothesis.class_id, result.hypothesis.score)
