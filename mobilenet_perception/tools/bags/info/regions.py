# SPDX-License-Identifier: Apache-2.0
"""Regions of a recording for `bag info`: whose they are, and whether they match its frames."""

from collections.abc import Iterator, Mapping
from typing import Any

from mobilenet_perception.recordings.reader import without_twins
from mobilenet_perception.recordings.regions import (
    RegionTopics,
    find_region_topics,
    region_topics,
    unreadable,
)
from mobilenet_perception.tools.bags.info.region_topic import RegionTopic
from mobilenet_perception.tools.bags.info.scan import CameraTopic, Scan, figures_of


def assigned(scan: Scan) -> RegionTopics:
    """Return whose the regions of a recording are, as a replay takes them."""
    return find_region_topics(scan.topics, [camera.camera for camera in _cameras(scan)])


def region_values(scan: Scan) -> dict[str, Any]:
    """Return what there is to say of regions, by topic, as JSON values."""
    cameras = {topic: camera for camera, topic in assigned(scan).by_camera.items()}
    by_name = {camera.camera: camera for camera in _cameras(scan)}
    return {
        topic: _values(scan, scan.boxes[topic], by_name.get(cameras.get(topic, '')))
        for topic in region_topics(scan.topics)
    }


def region_lines(topic: str, values: Mapping[str, Any]) -> Iterator[str]:
    """Yield what there is to say of a topic of regions, for a person to read."""
    of = f'of the camera {values["camera"]}' if values['camera'] else 'of no known camera'
    yield f'{topic}: regions {of}'
    if values['messages']:
        without = f', {values["without_id"]} without an id' if values['without_id'] else ''
        yield (
            f'  boxes    {values["boxes"]} in {values["messages"]} messages, of {values["ids"]} '
            f'things{without}'
        )
    if rate := values['rate']:
        yield (
            f'  rate     {rate["median_hz"]:.1f} Hz (median), longest gap '
            f'{rate["longest_gap_s"]:.3f} s at {rate["longest_gap_at_s"]:.1f} s'
        )
    if values['apart_ms'] is not None:
        yield (
            f'  stamps   {values["frames_own"]} of {values["frames"]} frames have regions of '
            f'their own stamp, {values["frames_near"]} within {values["max_age_ms"]:g} ms'
        )
    if values['outside'] is not None and values['regions']:
        yield (
            f'  places   {values["outside"]} of {values["regions"]} outside the image, '
            f'{values["partly"]} partly'
        )
    if labels := values['labels']:
        yield f'  labels   of {labels["known"]} of {values["ids"]} things'
    for finding in values['findings'] or ['the node takes these regions as they are']:
        yield f'  - {finding}'


def _cameras(scan: Scan) -> list[CameraTopic]:
    images = [topic for topic in scan.topics if topic.name in scan.cameras]
    return [scan.cameras[topic.name] for topic in without_twins(images)]


def _values(scan: Scan, topic: RegionTopic, camera: CameraTopic | None) -> dict[str, Any]:
    size = _size(camera)
    found = figures_of(topic.times_ns, topic.stamps_ns, 0.0, scan.start_ns or 0)
    tally = topic.beside(camera.stamps_ns if camera else ())
    figures = tally.figures(size)
    lost = [f'{topic.unreadable} {unreadable(topic.topic)}'] if topic.unreadable else []
    no_camera = bool(scan.cameras) and camera is None
    labels = scan.things.get(camera.camera) if camera else None
    return {
        'camera': camera.camera if camera else None,
        **figures._asdict(),
        'max_age_ms': tally.rules.max_age_ms,
        'left_out': tally.left_out.counts(),
        'rate': found.rate._asdict() if found.rate else None,
        'labels': {'known': len(labels.ids & tally.ids)} if labels else None,
        # Of which camera they are is not clear, which is said of the recording.
        'findings': [*lost, *(tally.box_troubles(size) if no_camera else tally.troubles(size))],
    }


def _size(camera: CameraTopic | None) -> tuple[int, int] | None:
    """Return the size of most images of a camera; None: it is not known."""
    if camera is None or not camera.sizes:
        return None
    width, height = camera.sizes.most_common(1)[0][0].split('x')
    return int(width), int(height)
