# SPDX-License-Identifier: Apache-2.0
"""ROS messages made of records: labels, timing, what classifies."""

from collections.abc import Iterable, Mapping, Sequence

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.node import Node
from std_msgs.msg import Header
from vision_msgs.msg import (
    BoundingBox2D,
    Classification,
    Detection2D,
    Detection2DArray,
    LabelInfo,
    ObjectHypothesis,
    ObjectHypothesisWithPose,
    VisionClass,
    VisionInfo,
)

from mobilenet_perception.frames import RegionOfInterest
from mobilenet_perception.frames.signal_map import SignalRegion
from mobilenet_perception.inference.bundle import Bundle
from mobilenet_perception.pipeline.decision import Decision, ScoredLabel
from mobilenet_perception.pipeline.region_decisions import ThingDecision
from mobilenet_perception.pipeline.regions import Region
from mobilenet_perception.pipeline.result import TopOfRegion
from mobilenet_perception.pipeline.timing import FrameRecord, Outcome

_LEVELS = {
    Outcome.ON_TIME: DiagnosticStatus.OK,
    Outcome.SUPERSEDED: DiagnosticStatus.OK,
    Outcome.LATE: DiagnosticStatus.WARN,
    Outcome.EXPIRED: DiagnosticStatus.WARN,
    Outcome.REJECTED: DiagnosticStatus.ERROR,
    Outcome.FAILED: DiagnosticStatus.ERROR,
}
# What the header of the timing message says already.
_NOT_KEYS = ('camera', 'stamp_ns')


def stamp_ns(header: Header) -> int:
    """Return a header's stamp in nanoseconds."""
    return int(header.stamp.sec) * 1_000_000_000 + int(header.stamp.nanosec)


def time_message(nanoseconds: int) -> Time:
    """Return nanoseconds as a stamp."""
    return Time(sec=nanoseconds // 1_000_000_000, nanosec=nanoseconds % 1_000_000_000)


def classification(header: Header, top: Sequence[ScoredLabel]) -> Classification:
    """Return scored labels as a message; `class_id` is the label's name."""
    results = [ObjectHypothesis(class_id=label, score=score) for label, score in top]
    return Classification(header=header, results=results)


def detections(header: Header, regions: Iterable[TopOfRegion]) -> Detection2DArray:
    """Return what was seen in regions, under the header of their image; boxes as used."""
    found = [_detection(header, region.id, region.roi, top) for region, top in regions]
    return Detection2DArray(header=header, detections=found)


def read_detections(message: Detection2DArray) -> tuple[TopOfRegion, ...]:
    """Return what `detections` was made of."""
    return tuple(
        TopOfRegion(Region(item.id, _roi(item) or RegionOfInterest(0, 0, 0, 0)), _top(item))
        for item in message.detections
    )


def read_thing_decisions(message: Detection2DArray) -> tuple[ThingDecision, ...]:
    """Return what `thing_decisions` was made of; what is stale has a stamp, too."""
    found = []
    for item in message.detections:
        ((label, score),) = _top(item)
        decision = Decision(label, score, stamp_ns(item.header))
        found.append(ThingDecision(item.id, _roi(item), decision))
    return tuple(found)


def thing_decisions(header: Header, things: Iterable[ThingDecision]) -> Detection2DArray:
    """Return what is decided of things, each under the stamp of the frame that it rests on.

    Args:
        header: as of now; that of what is stale.
        things: an empty id is the camera as a whole.
    """
    found = []
    for name, roi, decision in things:
        stamp = header.stamp if decision.stamp_ns is None else time_message(decision.stamp_ns)
        of_thing = Header(stamp=stamp, frame_id=header.frame_id)
        top = [ScoredLabel(decision.label, decision.score)]
        found.append(_detection(of_thing, name, roi, top))
    return Detection2DArray(header=header, detections=found)


def _roi(detection: Detection2D) -> RegionOfInterest | None:
    width, height = round(detection.bbox.size_x), round(detection.bbox.size_y)
    place = detection.bbox.center.position
    if not width:
        return None
    left, top = round(place.x - width / 2), round(place.y - height / 2)
    return RegionOfInterest(left, top, width, height)


def _top(detection: Detection2D) -> tuple[ScoredLabel, ...]:
    found = (item.hypothesis for item in detection.results)
    return tuple(ScoredLabel(item.class_id, item.score) for item in found)


def mapped_regions(header: Header, regions: Iterable[SignalRegion]) -> Detection2DArray:
    """Return where signals of a map are to be looked for, under the header of their image."""
    found = []
    for region in regions:
        width, height = region.right - region.left, region.bottom - region.top
        kinds = [ScoredLabel(region.kind, 1.0)] if region.kind else []
        box = _box(region.left, region.top, width, height)
        found.append(_detection_of(header, region.id, box, kinds))
    return Detection2DArray(header=header, detections=found)


def _detection(
    header: Header, name: str, roi: RegionOfInterest | None, top: Sequence[ScoredLabel]
) -> Detection2D:
    return _detection_of(header, name, _box(*roi) if roi is not None else BoundingBox2D(), top)


def _box(left: float, top: float, width: float, height: float) -> BoundingBox2D:
    bbox = BoundingBox2D(size_x=float(width), size_y=float(height))
    bbox.center.position.x = left + width / 2
    bbox.center.position.y = top + height / 2
    return bbox


def _detection_of(
    header: Header, name: str, bbox: BoundingBox2D, top: Sequence[ScoredLabel]
) -> Detection2D:
    results = [
        ObjectHypothesisWithPose(hypothesis=ObjectHypothesis(class_id=label, score=score))
        for label, score in top
    ]
    return Detection2D(header=header, results=results, bbox=bbox, id=name)


def status_name(node: Node, of: str = '') -> str:
    """Return the name of a status: of a node, or of a part of it; the namespace belongs in it.

    Nodes of several robots speak on one `/diagnostics`, and aggregators tell statuses by name
    alone: `robot1/classifier: front`.
    """
    name = str(node.get_fully_qualified_name()).lstrip('/')
    return f'{name}: {of}' if of else name


def timing(header: Header, record: FrameRecord, name: str) -> DiagnosticArray:
    """Return a frame's record as a message; times are decimal strings in milliseconds.

    Args:
        header: of its image.
        record: of the frame.
        name: of the status.
    """
    status = DiagnosticStatus(
        level=_LEVELS[record.outcome],
        name=name,
        message=record.reason or str(record.outcome),
        hardware_id=record.camera,
        values=key_values(
            {
                name: value
                for name, value in record._asdict().items()
                if name not in _NOT_KEYS and value is not None
            }
        ),
    )
    return DiagnosticArray(header=header, status=[status])


def key_values(values: Mapping[str, object]) -> list[KeyValue]:
    """Return values as diagnostics have them: numbers with three decimals, all as text."""
    return [KeyValue(key=key, value=_text(value)) for key, value in values.items()]


def vision_info(header: Header, bundle: Bundle, label_topic: str) -> VisionInfo:
    """Return what classifies: the bundle, by name and digest; its labels are on `label_topic`."""
    manifest = bundle.manifest
    return VisionInfo(
        header=header,
        method=f'{manifest.name} {bundle.digest[:12]}',
        database_location=label_topic,
        database_version=int(bundle.digest[:7], 16),
    )


def label_info(header: Header, bundle: Bundle, threshold: float) -> LabelInfo:
    """Return the labels in the order of the networks' outputs."""
    classes = [
        VisionClass(class_id=index, class_name=label)
        for index, label in enumerate(bundle.manifest.labels)
    ]
    return LabelInfo(header=header, class_map=classes, threshold=threshold)


def _text(value: object) -> str:
    return f'{value:.3f}' if isinstance(value, float) else str(value)
