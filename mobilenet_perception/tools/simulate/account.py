# SPDX-License-Identifier: Apache-2.0
"""Puts together what a classifier said of a simulated drive and what was true of it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.pipeline.timing import FrameRecord, Outcome
from mobilenet_perception.street import World
from mobilenet_perception.street.gazebo import mounts
from mobilenet_perception.tools.report.run import FrameResult, Thumbnail
from mobilenet_perception.tools.report.scoring import NO_SIGNAL
from mobilenet_perception.tools.report.thumbnails import ThumbnailPicker
from mobilenet_perception.tools.simulate.encounters import Decided, Encounter, encounters
from mobilenet_perception.tools.simulate.observed import Sight

if TYPE_CHECKING:
    from mobilenet_perception.tools.simulate.ros.witness import Witness


class Account(NamedTuple):
    """Results of all frames by camera, the signals come to, and a few images."""

    frames: dict[str, list[FrameResult]]
    encounters: list[Encounter]
    thumbnails: list[Thumbnail]


class _Shown(NamedTuple):
    camera: str
    log_ns: int
    truth: str | None
    clear: bool


def account_of(world: World, witness: 'Witness', labels: Sequence[str]) -> Account:
    """Return the account of what was heard.

    Args:
        world: through which it went.
        witness: what was heard.
        labels: of the bundle; signals that it has no label for are not asked for.

    Raises:
        PerceptionError: no frame was reported, or a light never said what it showed.
    """
    frames: dict[str, list[FrameResult]] = {}
    found: list[Encounter] = []
    thumbnails: list[Thumbnail] = []
    stamps = [record.stamp_ns for record in witness.records.values()]
    if not stamps:
        raise PerceptionError('the classifier reported no frame of the simulation')
    first_ns = min(stamps)
    for camera, pictures in witness.pictures.items():
        records = sorted(
            (record for (name, _), record in witness.records.items() if name == camera),
            key=lambda record: record.stamp_ns,
        )
        times = [record.stamp_ns / 1e9 for record in records]
        sights = witness.observed.sights(camera, mounts(world)[camera], times)
        results = [
            _result(witness, record, sight, first_ns)
            for record, sight in zip(records, sights, strict=True)
        ]
        frames[camera] = results
        asked = [
            Decided(
                result.time_s,
                sight.signal,
                sight.label,
                sight.clear,
                sight.distance_m,
                result.decision,
            )
            for result, sight in zip(results, sights, strict=True)
            if sight is not None and sight.signal and sight.label != NO_SIGNAL
            if sight.label in labels
        ]
        found += encounters(camera, asked)
        thumbnails += _worth_a_look(results, pictures)
    return Account(frames, found, thumbnails)


def _result(
    witness: 'Witness', record: FrameRecord, sight: Sight | None, first_ns: int
) -> FrameResult:
    key = (record.camera, record.stamp_ns)
    return FrameResult(
        record=record,
        time_s=(record.stamp_ns - first_ns) / 1e9,
        top=witness.labels.get(key, ()) if record.outcome is Outcome.ON_TIME else (),
        decision=witness.decided.get(key, ''),
        truth=sight.label if sight else None,
        clear=sight is not None and sight.clear,
        roi=sight.roi if sight else None,
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
