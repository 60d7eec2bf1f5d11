# SPDX-License-Identifier: Apache-2.0
"""Encounters with signs: what a planner would have known of each, and how far before it.

And the score of a whole drive: what a classifier said of its frames, beside what was true.

What a simulation told of its robot and its lights, and what was true of each frame by it.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames import RegionOfInterest
from mobilenet_perception.pipeline.decision import STALE, UNKNOWN
from mobilenet_perception.pipeline.timing import FrameRecord, Outcome
from mobilenet_perception.street import Phase, Signal, World, gazebo
from mobilenet_perception.street.camera import camera_at
from mobilenet_perception.street.gazebo import mounts
from mobilenet_perception.street.regions import RegionPlanner, truth_of
from mobilenet_perception.street.world import Mount
from mobilenet_perception.tools.report.json_report import NO_SIGNAL
from mobilenet_perception.tools.report.run import FrameResult, Thumbnail
from mobilenet_perception.tools.report.thumbnails import ThumbnailPicker
from mobilenet_perception.tools.simulate.route_follower import GroundPose

_FOR_EVER_S = 1e9
# A frame whose robot was last seen longer ago is left out, seconds.
_GAP_S = 0.5


class FrameTruth(NamedTuple):
    """What a camera showed at a time.

    Attributes:
        label: what its region of interest showed, `background` for no signal.
        clear: whether an answer can be asked for.
        signal: name of what the region is around; empty: nothing is near.
        distance_m: from the robot to that signal, on the ground.
        roi: the region of interest.
    """

    label: str
    clear: bool
    signal: str
    distance_m: float
    roi: RegionOfInterest


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
        self._regions: dict[str, list[tuple[float, RegionOfInterest]]] = {}

    @property
    def latest(self) -> tuple[float, GroundPose] | None:
        """The last pose of the robot, with its time in seconds."""
        return self._poses[-1] if self._poses else None

    def add_pose(self, seconds: float, pose: GroundPose) -> None:
        """Take in where the robot is."""
        if self._poses and seconds < self._poses[-1][0]:
            self._poses.clear()
            self._regions.clear()
            for shown in self._shown.values():
                shown.clear()
        self._poses.append((seconds, pose))

    def add_angle(self, light: str, seconds: float, angle: float) -> None:
        """Take in how the drum of a light stands, in radians."""
        label = gazebo.label_at(angle)
        shown = self._shown[light]
        if label is not None and (not shown or shown[-1][1] != label):
            shown.append((seconds, label))

    def add_region(self, camera: str, seconds: float, roi: RegionOfInterest) -> None:
        """Take in where the classifier looks from a time on."""
        self._regions.setdefault(camera, []).append((seconds, roi))

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

    def truths(self, name: str, mount: Mount, times: list[float]) -> list[FrameTruth | None]:
        """Return what a camera showed.

        Args:
            name: of the camera.
            mount: how it sits on the robot.
            times: of its frames, in seconds of the simulation, the earliest first.

        Returns:
            One for each frame; None where the robot's pose is not known.

        Raises:
            PerceptionError: a light never said how it stands.
        """
        world = self._true_world()
        planner = RegionPlanner(world.signals, gazebo.IMAGE_RATE_HZ)
        found: list[FrameTruth | None] = []
        for seconds in times:
            pose = self.pose_at(seconds)
            if pose is None:
                found.append(None)
                continue
            camera = camera_at(*pose, mount, gazebo.IMAGE_SIZE)
            region = planner.look(camera)
            region = region._replace(roi=self._region_at(name, seconds) or region.roi)
            truth = truth_of(world, camera, seconds, region)
            signal = region.signal
            distance = math.dist(pose[:2], signal.position[:2]) if signal else math.inf
            found.append(
                FrameTruth(
                    truth.label,
                    truth.clear,
                    signal.name if signal else '',
                    distance,
                    region.roi,
                )
            )
        return found

    def _region_at(self, camera: str, seconds: float) -> RegionOfInterest | None:
        """Return where the classifier looked; None: it was never heard to be told."""
        regions = self._regions.get(camera, [])
        index = bisect_right(regions, seconds, key=lambda told: told[0])
        return regions[index - 1][1] if index else None

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


if TYPE_CHECKING:
    from mobilenet_perception.tools.simulate.ros.listener import SimulationListener

RIGHT, WRONG = 'right', 'wrong'


class DecidedFrame(NamedTuple):
    """A frame whose region of interest showed a signal, and the decision after it.

    Attributes:
        time_s: of the frame, in seconds.
        signal: name of the signal.
        label: what it showed.
        clear: whether it was shown clearly.
        distance_m: from the robot to it.
        decision: a label, `unknown`, `stale`, or empty where none was heard.
    """

    time_s: float
    signal: str
    label: str
    clear: bool
    distance_m: float
    decision: str


class Encounter(NamedTuple):
    """A signal that the robot came to, while it showed one label.

    Attributes:
        signal: its name.
        label: what it showed.
        camera: that saw it.
        from_s: when it was first shown clearly.
        to_s: when it was last shown clearly.
        frames: how many showed it clearly.
        verdict: of the last decision while it was: `right`, `wrong` or `unknown`.
        decision: that decision.
        metres_before: distance to the signal from which on the decision was right until then;
            None: it was not.
        decided_after_s: time that this took since the signal was first looked at, or changed;
            None likewise.
        wrong_frames: after how many of the clear frames the decision was another label.
    """

    signal: str
    label: str
    camera: str
    from_s: float
    to_s: float
    frames: int
    verdict: str
    decision: str
    metres_before: float | None
    decided_after_s: float | None
    wrong_frames: int


def encounters(camera: str, frames: Iterable[DecidedFrame]) -> list[Encounter]:
    """Return the signals that a camera came to, in turn.

    Args:
        camera: its name.
        frames: those that showed a signal, in order; what is never clear is not asked for.
    """
    groups = groupby(frames, key=lambda frame: (frame.signal, frame.label))
    lists = [list(group) for _, group in groups]
    return [_encounter(camera, item) for item in lists if any(frame.clear for frame in item)]


def verdict(label: str, decision: str) -> str:
    """Return `right`, `wrong` or `unknown`; to take a signal for background is wrong."""
    if decision == label:
        return RIGHT
    return UNKNOWN if decision in (UNKNOWN, STALE, '') else WRONG


def as_values(found: Sequence[Encounter]) -> list[dict[str, Any]]:
    """Return encounters as JSON values: the part `signs` of a report."""
    return [
        {
            key: round(value, 3) if isinstance(value, float) else value
            for key, value in item._asdict().items()
        }
        for item in found
    ]


def _encounter(camera: str, frames: list[DecidedFrame]) -> Encounter:
    clear = [frame for frame in frames if frame.clear]
    first, last = clear[0], clear[-1]
    until = frames[: frames.index(last) + 1]
    held = len(until)
    while held and until[held - 1].decision == last.label:
        held -= 1
    taken = until[held] if held < len(until) else None
    return Encounter(
        signal=first.signal,
        label=first.label,
        camera=camera,
        from_s=first.time_s,
        to_s=last.time_s,
        frames=len(clear),
        verdict=verdict(last.label, last.decision),
        decision=last.decision,
        metres_before=taken.distance_m if taken else None,
        decided_after_s=taken.time_s - frames[0].time_s if taken else None,
        wrong_frames=sum(verdict(item.label, item.decision) == WRONG for item in clear),
    )


class DriveScore(NamedTuple):
    """Results of all frames by camera, the signals come to, and a few images."""

    frames: dict[str, list[FrameResult]]
    encounters: list[Encounter]
    thumbnails: list[Thumbnail]


class _Shown(NamedTuple):
    camera: str
    log_ns: int
    truth: str | None
    clear: bool


def score_drive(world: World, listener: 'SimulationListener', labels: Sequence[str]) -> DriveScore:
    """Return the score of what was heard.

    Args:
        world: through which it went.
        listener: what was heard.
        labels: of the bundle; signals that it has no label for are not asked for.

    Raises:
        PerceptionError: no frame was reported, or a light never said what it showed.
    """
    frames: dict[str, list[FrameResult]] = {}
    found: list[Encounter] = []
    thumbnails: list[Thumbnail] = []
    stamps = [record.stamp_ns for record in listener.records.values()]
    if not stamps:
        raise PerceptionError('the classifier reported no frame of the simulation')
    first_ns = min(stamps)
    for camera, pictures in listener.pictures.items():
        records = sorted(
            (record for (name, _), record in listener.records.items() if name == camera),
            key=lambda record: record.stamp_ns,
        )
        times = [record.stamp_ns / 1e9 for record in records]
        truths = listener.ground_truth.truths(camera, mounts(world)[camera], times)
        results = [
            _result(listener, record, truth, first_ns)
            for record, truth in zip(records, truths, strict=True)
        ]
        frames[camera] = results
        asked = [
            DecidedFrame(
                result.time_s,
                truth.signal,
                truth.label,
                truth.clear,
                truth.distance_m,
                result.decision,
            )
            for result, truth in zip(results, truths, strict=True)
            if truth is not None and truth.signal and truth.label != NO_SIGNAL
            if truth.label in labels
        ]
        found += encounters(camera, asked)
        thumbnails += _worth_a_look(results, pictures)
    return DriveScore(frames, found, thumbnails)


def _result(
    listener: 'SimulationListener', record: FrameRecord, truth: FrameTruth | None, first_ns: int
) -> FrameResult:
    key = (record.camera, record.stamp_ns)
    return FrameResult(
        record=record,
        time_s=(record.stamp_ns - first_ns) / 1e9,
        top=listener.labels.get(key, ()) if record.outcome is Outcome.ON_TIME else (),
        decision=listener.decided.get(key, ''),
        truth=truth.label if truth else None,
        clear=truth is not None and truth.clear,
        roi=truth.roi if truth else None,
    )


def _worth_a_look(
    results: Sequence[FrameResult], pictures: Sequence[Thumbnail]
) -> list[Thumbnail]:
    """Return the pictures of frames that a replay would show too."""
    kept = {picture.stamp_ns: picture for picture in pictures}
    picker = ThumbnailPicker()
    found = []
    for result in results:
        record = result.record
        picture = kept.get(record.stamp_ns)
        shown = _Shown(record.camera, record.stamp_ns, result.truth, result.clear)
        if picture is not None and picker.wants(shown):
            found.append(picture)
    return found
