# SPDX-License-Identifier: Apache-2.0
"""Regions over DDS: a detector beside the camera, labels and decisions of each thing back."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from vision_msgs.msg import (
    BoundingBox2D,
    Detection2D,
    Detection2DArray,
    ObjectHypothesis,
    ObjectHypothesisWithPose,
)

from tests.ros.classifier.peer import NodeProcess, Peer
from tests.support.tiny_bundle import COLOURS

Start = Callable[..., NodeProcess]
# Centres of three squares of 60 pixels, side by side.
CENTRES = {label: (40.0 + 80 * number, 50.0) for number, label in enumerate(COLOURS)}


def striped(peer: Peer) -> Image:
    pixels = np.zeros((100, 240, 3), np.uint8)
    for label, (x, y) in CENTRES.items():
        pixels[int(y) - 40 : int(y) + 40, int(x) - 40 : int(x) + 40] = COLOURS[label]
    return peer.image(pixels)


def detection(name: str, label: str, kind: str = 'light', side: float = 60.0) -> Detection2D:
    bbox = BoundingBox2D(size_x=side, size_y=side)
    bbox.center.position.x, bbox.center.position.y = CENTRES[label]
    hypothesis = ObjectHypothesis(class_id=kind, score=0.5)
    return Detection2D(
        id=name, bbox=bbox, results=[ObjectHypothesisWithPose(hypothesis=hypothesis)]
    )


class Street:
    """A camera and a detector."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.camera = peer.camera()
        self.detector = peer.camera('/detector/boxes', Detection2DArray)
        self.sent: list[Image] = []
        for topic in ('detections', 'decisions'):
            peer._listen(Detection2DArray, f'/classifier/camera/{topic}', 100)

    def send(self, *found: Detection2D, stamp: Time | None = None) -> None:
        image = striped(self.peer)
        self.sent.append(image)
        header = Header(stamp=stamp or image.header.stamp)
        message = Detection2DArray(header=header, detections=list(found))
        self.camera.publish(image)
        self.detector.publish(message)


def labels(message: Detection2DArray) -> dict[str, str]:
    return {d.id: d.results[0].hypothesis.class_id for d in message.detections}


@pytest.mark.parametrize('match', ['exact', 'latest'])
def test_labels_and_decisions_by_id(start: Start, peer: Peer, match: str) -> None:
    start(
        latency_budget_ms=2000.0,
        **{'camera.regions_topic': '/detector/boxes', 'camera.regions_match': match},
    )
    street = Street(peer)
    want = {'7': 'green', '9': 'red'}

    def send() -> None:
        street.send(detection('7', 'green'), detection('9', 'red'))

    peer.wait_for(lambda: any(labels(m) == want for m in peer['camera/decisions']), send)
    answer = next(m for m in peer['camera/detections'] if labels(m) == want)
    assert answer.header in [image.header for image in street.sent]
    (first, _) = answer.detections
    box = first.bbox
    # A tenth was added on each side.
    assert (box.center.position.x, box.center.position.y) == CENTRES['green']
    assert (box.size_x, box.size_y) == (72.0, 72.0)
    assert {r.hypothesis.class_id for r in first.results} == set(COLOURS)

    decided = next(m for m in peer['camera/decisions'] if labels(m) == want)
    assert decided.detections[0].header in [image.header for image in street.sent]
    timing = peer.wait_for(lambda: [t for t in peer.timings() if t['outcome'] == 'on_time'])[0]
    assert [timing[f'regions{what}'] for what in ('', '_classified', '_left')] == ['2', '2', '0']
    assert not peer['camera/classification'] and not peer['camera/decision']


def test_a_camera_that_falls_silent_is_stale_and_not_empty(start: Start, peer: Peer) -> None:
    start(latency_budget_ms=2000.0, **{'camera.regions_topic': '/detector/boxes'})
    street = Street(peer)
    peer.wait_for(
        lambda: peer['camera/decisions'] and labels(peer['camera/decisions'][-1]) == {'7': 'blue'},
        lambda: street.send(detection('7', 'blue')),
    )
    peer.wait_for(lambda: labels(peer['camera/decisions'][-1]) == {'': 'stale'})
    # Nothing in view is an answer too, and another one.
    peer.wait_for(lambda: labels(peer['camera/decisions'][-1]) == {}, street.send)


def test_classes_of_the_detector_are_chosen(start: Start, peer: Peer) -> None:
    start(
        latency_budget_ms=2000.0,
        **{'camera.regions_topic': '/detector/boxes', 'camera.regions_classes': "['light']"},
    )
    street = Street(peer)

    def send() -> None:
        street.send(detection('7', 'green', 'car'), detection('9', 'red'))

    peer.wait_for(lambda: peer['camera/detections'], send)
    assert all(labels(m) == {'9': 'red'} for m in peer['camera/detections'])


def troubled(peer: Peer, words: str) -> Callable[[], Any]:
    def found() -> bool:
        health = peer.health('classifier: camera')
        return health is not None and words in health.message

    return found


@pytest.mark.parametrize(
    ('sent', 'stamp', 'words'),
    [
        ([detection('7', 'green', side=float('nan'))], None, 'a number that is not finite'),
        ([detection('7', 'green')] * 2, None, 'a second box of the id 7'),
        ([detection('7', 'green')], Time(sec=77), 'they are of another clock'),
    ],
)
def test_what_is_wrong_with_regions_is_said(
    start: Start, peer: Peer, sent: list[Detection2D], stamp: Time | None, words: str
) -> None:
    start(latency_budget_ms=100.0, **{'camera.regions_topic': '/detector/boxes'})
    street = Street(peer)
    peer.wait_for(troubled(peer, words), lambda: street.send(*sent, stamp=stamp))


def test_a_topic_without_a_publisher_is_said(start: Start, peer: Peer) -> None:
    start(latency_budget_ms=100.0, **{'camera.regions_topic': '/detector/boxes'})
    camera = peer.camera()
    peer.wait_for(
        troubled(peer, 'nobody publishes regions on /detector/boxes: start what finds them'),
        lambda: camera.publish(striped(peer)),
    )
    peer.wait_for(lambda: 'no regions have come' in {t['reason'] for t in peer.timings()})
    assert {t['outcome'] for t in peer.timings()} <= {'expired', 'superseded'}
