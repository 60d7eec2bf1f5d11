# SPDX-License-Identifier: Apache-2.0
"""Lifecycle, parameters at run time, refusals to start, and orderly ends."""

import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from lifecycle_msgs.msg import Transition

from tests.ros.classifier.peer import NodeProcess, Peer
from tests.support.tiny_bundle import plain_image

Start = Callable[..., NodeProcess]


def send_red(peer: Peer, camera: Any) -> None:
    camera.publish(peer.image(plain_image('red')))


def test_transitions(start: Start, peer: Peer) -> None:
    node = start(autostart='false', latency_budget_ms=2000.0)
    assert peer.state() == 'unconfigured'
    for _ in range(2):
        assert peer.change_state(Transition.TRANSITION_CONFIGURE)
        assert peer.change_state(Transition.TRANSITION_ACTIVATE)
        camera = peer.camera()
        send = partial(send_red, peer, camera)
        assert len(peer.wait_for_more('camera/classification', send, 3)) >= 3
        assert peer.change_state(Transition.TRANSITION_DEACTIVATE)
        assert peer.state() == 'inactive'
        peer.wait_for(partial(lambda lost: not lost.get_subscription_count(), camera))
        assert peer.change_state(Transition.TRANSITION_CLEANUP)
        assert peer.state() == 'unconfigured'
        peer.node.destroy_publisher(camera)
    assert node.end()[0] == 0


def test_parameters_at_run_time(start: Start, peer: Peer) -> None:
    start(latency_budget_ms=2000.0, decision_timeout_ms=5000.0)
    camera = peer.camera()
    image = plain_image('red', 40, 80).copy()
    image[:, 40:] = plain_image('blue', 40, 40)

    def label_is(label: str) -> None:
        answers = peer['camera/classification']
        peer.wait_for(
            lambda: answers and answers[-1].results[0].class_id == label,
            lambda: camera.publish(peer.image(image)),
        )

    assert peer.set_parameter('camera.roi', [0, 0, 30, 40]) == ''
    label_is('red')
    assert peer.set_parameter('camera.roi', [50, 0, 30, 40]) == ''
    label_is('blue')
    assert 'four integers' in peer.set_parameter('camera.roi', [1, 2])
    assert peer.set_parameter('latency_budget_ms', 2000) == ''
    assert 'Min: 1.0, Max: 60000.0' in peer.set_parameter('latency_budget_ms', -1.0)
    assert 'choose one of tiny' in peer.set_parameter('variant', 'huge')
    assert 'deactivate and clean up' in peer.set_parameter('bundle', '/elsewhere')
    # A budget that no machine can hold: nothing is run, nothing is published.
    assert peer.set_parameter('camera.latency_budget_ms', 0.0001) == ''
    before = len(peer['camera/timing'])
    peer.wait_for(
        lambda: 'expired' in peer.outcomes()[before:],
        lambda: camera.publish(peer.image(image)),
    )
    health = peer.wait_for(
        lambda: (h := peer.health('classifier: camera')) and 'not reachable' in h.message and h,
        lambda: camera.publish(peer.image(image)),
    )
    assert 'raise latency_budget_ms' in health.message


@pytest.mark.parametrize(
    ('parameters', 'says'),
    [
        ({'bundle': '/nowhere'}, '/nowhere is not a model bundle'),
        ({'latency_budget_ms': -1.0}, 'Min: 1.0, Max: 60000.0'),
        ({'latency_budget_ms': 'fast'}, 'latency_budget_ms must be a number'),
        ({'cameras': "['a b']"}, 'letters, digits'),
        ({'variant': 'huge'}, 'choose one of tiny'),
        ({'runtime': 'abacus'}, 'runtime must be one of auto, onnxruntime'),
        ({'runtime': 'tensorrt'}, 'cannot configure: '),
    ],
)
def test_refuses_to_start_with_one_sentence(
    start: Start, parameters: dict[str, object], says: str
) -> None:
    status, logged = start(**parameters).wait()
    assert status == 1
    assert says in logged
    assert 'Traceback' not in logged


def test_damaged_bundle_does_not_start(start: Start, tiny: Path, tmp_path: Path) -> None:
    damaged = tmp_path / 'damaged'
    (damaged / 'golden').mkdir(parents=True)
    for path in tiny.rglob('*.*'):
        (damaged / path.relative_to(tiny)).write_bytes(path.read_bytes())
    model = damaged / 'tiny.onnx'
    model.write_bytes(model.read_bytes()[:-1] + b'\x00')
    status, logged = start(bundle=damaged).wait()
    assert status == 1 and 'tiny.onnx does not match its SHA-256' in logged


@pytest.mark.parametrize('how', [signal.SIGINT, signal.SIGTERM])
def test_ends_in_order(start: Start, peer: Peer, how: signal.Signals) -> None:
    node = start(latency_budget_ms=2000.0)
    camera = peer.camera()
    peer.wait_for(
        lambda: peer['camera/classification'],
        lambda: camera.publish(peer.image(plain_image('red'))),
    )
    status, logged = node.end(how)
    assert status == 0
    assert 'Traceback' not in logged
