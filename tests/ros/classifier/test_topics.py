# SPDX-License-Identifier: Apache-2.0
"""What subscribers get from the node, over DDS, from another process."""

import array
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
from sensor_msgs.msg import CompressedImage, Image

from mobilenet_perception.planner.knowledge import CameraKnowledge
from tests.ros.classifier.peer import NodeProcess, Peer
from tests.ros.test_bridge_decoder import write_stand_in
from tests.support.tiny_bundle import LABELS, plain_image

Start = Callable[..., NodeProcess]
TIMING_KEYS = {
    'batch',
    *('sequence', 'outcome', 'variant', 'latency_budget_ms', 'age_ms', 'transport_ms'),
    *('wait_ms', 'decode_ms', 'preprocess_ms', 'inference_ms', 'postprocess_ms', 'total_ms'),
    *('predicted_ms', 'slowdown', 'looks', 'reason'),
}


def test_labels_decisions_timing_and_info(start: Start, peer: Peer) -> None:
    start(latency_budget_ms=2000.0)
    camera = peer.camera()
    sent = []

    def send() -> None:
        sent.append(peer.image(plain_image('green', 480, 640)))
        camera.publish(sent[-1])

    peer.wait_for(lambda: len(peer['camera/classification']) >= 5, send)
    answer = peer['camera/classification'][0]
    assert answer.header in [message.header for message in sent]
    assert answer.header.frame_id == 'lens'
    assert answer.results[0].class_id == 'green'
    assert sorted(result.class_id for result in answer.results) == sorted(LABELS)
    assert 0.9 < answer.results[0].score <= 1.0

    peer.wait_for(lambda: any(d.results[0].class_id == 'green' for d in peer['camera/decision']))
    decision = next(d for d in peer['camera/decision'] if d.results[0].class_id == 'green')
    assert decision.header in [message.header for message in sent]
    knowledge = CameraKnowledge(max_age_ms=60_000.0)
    knowledge.take(decision)
    assert knowledge.now().label == 'green' and knowledge.now().may_act

    timing = peer['camera/timing'][0]
    assert timing.header in [message.header for message in sent]
    values = peer.timings()[0]
    assert set(values) == TIMING_KEYS
    assert (values['outcome'], values['sequence'], values['variant']) == ('on_time', '1', 'tiny')
    assert float(values['age_ms']) >= float(values['total_ms']) >= float(values['inference_ms'])

    info = peer.wait_for(lambda: peer['vision_info'])[0]
    assert info.method.startswith('tiny') and info.database_location == '/classifier/label_info'
    labels = peer.wait_for(lambda: peer['label_info'])[0]
    assert tuple(item.class_name for item in labels.class_map) == LABELS

    def is_healthy() -> bool:
        health = peer.health('classifier: camera')
        return health is not None and health.message == 'classifying'

    peer.wait_for(is_healthy, send)


def test_compressed_images_of_two_cameras(start: Start, environment: dict[str, str]) -> None:
    peer = Peer(('left', 'right', 'rear'))
    start(
        **{'cameras': "['left','right','rear']", 'latency_budget_ms': 2000},
        **{f'{name}.image_transport': 'compressed' for name in ('left', 'right', 'rear')},
        **{'left.image_topic': '/rig/left/image/compressed', 'top_k': 1},
    )
    publishers = {
        'left': (peer.camera('/rig/left/image/compressed', CompressedImage), 'red', '.jpg'),
        # Where the base topic alone carries them, that is taken.
        'right': (
            peer.node.create_publisher(CompressedImage, '/right/image_raw', 10),
            'blue',
            '.png',
        ),
        # As image_transport names it.
        'rear': (peer.camera('/rear/image_raw/compressed', CompressedImage), 'red', '.jpg'),
    }

    def send() -> None:
        for publisher, label, extension in publishers.values():
            bgr = plain_image(label, 64, 48)[:, :, ::-1]
            message = CompressedImage(format=extension[1:])
            message.data = array.array('B', cv2.imencode(extension, bgr)[1].tobytes())
            message.header.stamp = peer.node.get_clock().now().to_msg()
            publisher.publish(message)

    for name, (_, label, _) in publishers.items():
        peer.wait_for(partial(peer.heard.get, f'/classifier/{name}/classification'), send)
        (result,) = peer[f'{name}/classification'][0].results
        assert result.class_id == label
    peer.close()


def test_without_a_camera_decisions_are_stale_and_diagnostics_say_why(
    start: Start, peer: Peer
) -> None:
    start(decision_timeout_ms=200.0)
    peer.wait_for(lambda: len(peer['camera/decision']) >= 5)
    assert {d.results[0].class_id for d in peer['camera/decision']} == {'stale'}
    health = peer.wait_for(lambda: peer.health('classifier: camera'))
    assert 'nobody publishes /camera/image_raw' in health.message


def test_a_camera_of_12_bits_is_told_what_to_set_and_then_seen_rightly(
    start: Start, peer: Peer
) -> None:
    start(latency_budget_ms=2000.0)
    camera = peer.camera()
    image = plain_image('red').astype(np.uint16) * 16
    image += np.random.default_rng(0).integers(0, 16, image.shape, np.uint16)

    def send() -> None:
        message = peer.image(plain_image('red'))
        message.encoding, message.step = 'rgb16', 2 * message.step
        message.data = array.array('B', image.astype('<u2').tobytes())
        camera.publish(message)

    def says(words: str) -> bool:
        health = peer.health('classifier: camera')
        return bool(health) and words in health.message

    peer.wait_for(lambda: says('use 12 of 16 bits: set camera.significant_bits: 12'), send)
    assert 'or 8 to 16' in peer.set_parameter('camera.significant_bits', 3)
    assert peer.set_parameter('camera.significant_bits', 12) == ''
    peer.wait_for(lambda: not says('significant_bits'), send)
    (result,) = peer.wait_for_more('camera/classification', send)[-1].results[:1]
    assert result.class_id == 'red'


def test_what_only_cv_bridge_decodes_is_classified(
    start: Start,
    peer: Peer,
    environment: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_stand_in(tmp_path)
    path = os.pathsep.join(filter(None, (str(tmp_path), environment.get('PYTHONPATH', ''))))
    monkeypatch.setitem(environment, 'PYTHONPATH', path)
    start(latency_budget_ms=5000.0)
    camera = peer.camera()

    def send() -> None:
        message = peer.image(plain_image('red'))
        message.encoding, message.step = 'rgb_planes', message.width
        planes = plain_image('red').transpose(2, 0, 1)
        message.data = array.array('B', planes.tobytes())
        camera.publish(message)

    (result,) = peer.wait_for_more('camera/classification', send)[-1].results[:1]
    assert result.class_id == 'red'


def test_a_label_goes_stale_when_the_camera_dies(start: Start, peer: Peer) -> None:
    start(decision_timeout_ms=300.0, latency_budget_ms=300.0)
    camera = peer.camera()
    decided = peer['camera/decision']
    peer.wait_for(
        lambda: decided and decided[-1].results[0].class_id == 'red',
        lambda: camera.publish(peer.image(plain_image('red'))),
    )
    peer.wait_for(lambda: decided[-1].results[0].class_id == 'stale')
    assert decided[-1].results[0].score == 0.0


def test_bad_frames_are_rejected_and_the_next_is_served(start: Start, peer: Peer) -> None:
    start(latency_budget_ms=2000.0)
    camera = peer.camera()

    def send(**changes: object) -> None:
        message = peer.image(plain_image('red'))
        for name, value in changes.items():
            setattr(message, name, value)
        camera.publish(message)

    for changes in (
        {'encoding': 'mystery'},
        {'height': 0},
        {'width': 4_000_000_000},
        {'step': 1},
        {'data': array.array('B', b'')},
    ):
        peer.wait_for_more('camera/timing', partial(send, **changes))
        assert {'rejected'} <= set(peer.outcomes()) <= {'rejected', 'superseded'}
        assert all(timing['reason'] for timing in peer.timings())
    health = peer.wait_for(
        lambda: (h := peer.health('classifier: camera')) and 'rejected' in h.message and h
    )
    assert 'frames rejected' in health.message
    peer.wait_for(lambda: peer['camera/classification'], send)
    assert peer['camera/classification'][0].results[0].class_id == 'red'


def test_an_overlay_is_drawn_while_someone_looks_on(
    start: Start, environment: dict[str, str]
) -> None:
    peer = Peer()
    start(latency_budget_ms=500.0)
    camera = peer.camera()

    def send() -> None:
        camera.publish(peer.image(plain_image('green', 120, 160)))

    peer.wait_for_more('camera/timing', send, 3)
    overlays: list[Image] = []
    look = peer.node.create_subscription(Image, '/classifier/camera/overlay', overlays.append, 1)
    peer.wait_for(lambda: overlays, send)
    overlay = overlays[0]
    assert (overlay.height, overlay.width, overlay.encoding) == (120, 160, 'rgb8')
    assert overlay.header.frame_id == 'lens'
    pixels = np.frombuffer(bytes(overlay.data), np.uint8).reshape(120, 160, 3)
    np.testing.assert_array_equal(pixels[:40], plain_image('green', 40, 160))
    assert (pixels[-20:] != plain_image('green', 20, 160)).any()
    # Who looks on hinders nobody: the frames go on when they look away.
    peer.node.destroy_subscription(look)
    peer.wait_for_more('camera/classification', send, 3)


def test_two_robots_have_statuses_of_their_own(start: Start, peer: Peer) -> None:
    robots = ('robot1', 'fleet/robot2')
    for robot in robots:
        start(namespace=f'/{robot}')
    names = {f'{robot}/classifier{of}' for robot in robots for of in ('', ': camera', ': machine')}
    peer.wait_for(lambda: all(peer.health(name) for name in names))
    heard = {status.name for message in peer['/diagnostics'] for status in message.status}
    assert heard == names
    for robot in robots:
        assert peer.health(f'{robot}/classifier: camera').hardware_id == f'/{robot}/classifier'
