# SPDX-License-Identifier: Apache-2.0
"""Encounters with signs: what a planner would have known of each, and how far before it.

And the score of a whole drive: what a classifier said of its frames, beside what was true.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.pipeline.decision import STALE, UNKNOWN
from mobilenet_perception.pipeline.timing import FrameRecord, Outcome
from mobilenet_perception.street import World
from mobilenet_perception.street.gazebo import mounts
from mobilenet_perception.tools.report.run import FrameResult, Thumbnail
from mobilenet_perception.tools.report.scoring import NO_SIGNAL
from mobilenet_perception.tools.report.thumbnails import ThumbnailPicker
from mobilenet_perception.tools.simulate.ground_truth import FrameTruth

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
        truths = listener.ground_truth.truths(
            camera, mounts(world)[camera], times, [_taken_up(record) for record in records]
        )
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


def _taken_up(record: FrameRecord) -> float:
    """Return when the classifier took a frame up, in seconds of the simulation."""
    later_ms = (record.transport_ms or 0.0) + (record.wait_ms or 0.0)
    return record.stamp_ns / 1e9 + later_ms / 1e3


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
