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
from mobilenet_perception.tools.report.thumbnails import ThumbnailPicker
from mobilenet_perception.tools.simulate.ground_truth import SignalTruth

if TYPE_CHECKING:
    from mobilenet_perception.tools.simulate.ros.listener import SimulationListener

RIGHT, WRONG = 'right', 'wrong'


class DecidedFrame(NamedTuple):
    """A frame that showed a signal, and the decision on the signal after it.

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
        in_view = listener.ground_truth.in_view(mounts(world)[camera], times)
        results: list[FrameResult] = []
        asked: dict[str, list[DecidedFrame]] = {}
        for record, seen in zip(records, in_view, strict=True):
            truths = [truth for truth in seen or [] if truth.label in labels]
            time_s = (record.stamp_ns - first_ns) / 1e9
            results.append(_result(listener, record, truths[0] if truths else None, time_s))
            for signal, label, clear, distance_m in truths:
                decision = listener.decision_on(camera, record.stamp_ns, signal)
                frame = DecidedFrame(time_s, signal, label, clear, distance_m, decision)
                asked.setdefault(signal, []).append(frame)
        frames[camera] = results
        for shown in asked.values():
            found += encounters(camera, shown)
        thumbnails += _worth_a_look(results, pictures)
    return DriveScore(frames, sorted(found, key=lambda item: item.from_s), thumbnails)


def _result(
    listener: 'SimulationListener', record: FrameRecord, nearest: SignalTruth | None, time_s: float
) -> FrameResult:
    """Return what was said of a frame's nearest signal; None: it shows none."""
    camera, stamp_ns = record.camera, record.stamp_ns
    signal = nearest.signal if nearest else ''
    looked = listener.looked_at.get((camera, stamp_ns), {}).get(signal)
    return FrameResult(
        record=record,
        time_s=time_s,
        top=looked.top if looked and record.outcome is Outcome.ON_TIME else (),
        decision=listener.decision_on(camera, stamp_ns, signal) if nearest else '',
        truth=nearest.label if nearest else None,
        clear=nearest is not None and nearest.clear,
        roi=looked.roi if looked else None,
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
