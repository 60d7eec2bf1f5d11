# SPDX-License-Identifier: Apache-2.0
"""Lifecycle, parameters at run time, refusals to start, and orderly ends."""

import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from lifecycle_msgs.msg import Transition

from tests.ros.classifier.peer import PATIENCE_S, NodeProcess, Peer
from tests.support import ROOT
from tests.support.tiny_bundle import plain_image

# A parameter that overrides the QoS of the camera's topic.
QOS = 'qos_overrides./camera/image_raw.subscription.{}'
# Well-formed, and yet no topic for ROS.
TOO_LONG = '/' + 300 * 'a'
# Of both nodes, of ROS itself, as the default file has it, and four of nobody.
GIVEN = """
/**:
  ros__parameters:
    use_sim_time: false
    start_type_description_service: true
    cameras: front
    top_k: 2
    max_age_ms: 400.0
    latency_budget: 20
    camera: {image_topic: /camera/image_raw, priority: 1.0}
    front: {topic: /a, priority: 2.0}
    Front: {image_topic: /b}
    qos_overrides: {/parameter_events: {publisher: {depth: 10}}}
/classifier:
  ros__parameters:
    top_k: 1
"""

Start = Callable[..., NodeProcess]


def send_red(peer: Peer, camera: Any) -> None:
    camera.publish(peer.image(plain_image('red')))


@pytest.mark.usefixtures('each_executor')
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


@pytest.mark.parametrize('transition', [Transition.TRANSITION_CONFIGURE, 99])
def test_a_transition_that_the_state_does_not_have_is_refused(
    start: Start, peer: Peer, transition: int
) -> None:
    node = start()
    peer.camera()  # it is active
    assert not peer.change_state(transition)
    assert peer.state() == 'active'
    status, logged = node.end()
    assert status == 0
    assert f'refused the lifecycle transition {transition}, which the state active' in logged


@pytest.mark.usefixtures('each_executor')
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
        ({'camera.image_topic': '/bad topic'}, 'camera.image_topic must be a name as ROS has it'),
        ({'camera.image_topic': '9bad'}, "it is '9bad'"),
        ({'camera.image_topic': "''"}, "it is ''"),
        ({'camera.image_topic': '/image/'}, "it is '/image/'"),
        ({QOS.format('reliability'): 'perhaps'}, 'one of reliable, best_effort, system_default'),
        ({QOS.format('depth'): '-1'}, 'must be a whole number from 0; it is -1'),
        ({QOS.format('history'): '1'}, 'must be one of keep_last, keep_all'),
        ({'camera.image_topic': TOO_LONG}, 'cannot activate: Invalid topic name: topic length'),
        ({'runtime': 'abacus'}, 'runtime must be one of auto, onnxruntime'),
        ({'runtime': 'tensorrt'}, 'cannot configure: '),
    ],
)
def test_refuses_to_start_with_one_sentence(
    start: Start, parameters: dict[str, object], says: str
) -> None:
    status, logged = start(**parameters).wait()
    assert status == 1
    assert says in logged and logged.count('[FATAL]') == 1
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


def test_a_bad_name_is_refused_when_it_is_set(start: Start, peer: Peer) -> None:
    node = start(autostart='false')
    for name in ('/bad topic', '9bad', '', '/image/'):
        said = peer.set_parameter('camera.image_topic', name)
        assert said.startswith('camera.image_topic must be a name as ROS has it')
        assert said.endswith(f'it is {name!r}')
    assert peer.change_state(Transition.TRANSITION_CONFIGURE)
    assert peer.change_state(Transition.TRANSITION_ACTIVATE)
    status, logged = node.end()
    assert status == 0 and 'FATAL' not in logged


def test_a_transition_that_fails_under_a_manager_says_why(start: Start, peer: Peer) -> None:
    node = start(autostart='false')
    assert peer.set_parameter('camera.image_topic', TOO_LONG) == ''
    assert peer.change_state(Transition.TRANSITION_CONFIGURE)
    assert not peer.change_state(Transition.TRANSITION_ACTIVATE)
    # The manager can mend it, and try again.
    assert peer.state() == 'unconfigured'
    assert peer.set_parameter('camera.image_topic', '/image') == ''
    assert peer.change_state(Transition.TRANSITION_CONFIGURE)
    assert peer.change_state(Transition.TRANSITION_ACTIVATE)
    status, logged = node.end()
    assert status == 0
    assert 'cannot activate: Invalid topic name: topic length should not exceed' in logged


def test_cameras_as_text_are_cameras(start: Start, peer: Peer) -> None:
    start(cameras='front,left')
    for camera in ('front', 'left'):
        peer.camera(f'/{camera}/image_raw')


@pytest.mark.parametrize('module', ['classifier', 'advisor'])
def test_parameters_that_there_are_not_are_told_once(
    environment: dict[str, str], tmp_path: Path, module: str
) -> None:
    path = tmp_path / 'params.yaml'
    path.write_text(GIVEN, encoding='utf-8')
    done = subprocess.Popen(
        [sys.executable, '-m', f'mobilenet_perception.ros.{module}', '--ros-args',
         '--params-file', str(path), '-p', 'nonsense:=1'],
        env=environment, stderr=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    assert done.stderr is not None
    # In the order of their names.
    logged = []
    for line in done.stderr:
        logged += [line] if 'there is no parameter' in line else []
        if 'parameter nonsense' in line:
            break
    done.send_signal(signal.SIGINT)
    rest = done.communicate(timeout=PATIENCE_S)[1]
    assert done.returncode == 0
    says = [line.partition('there is no parameter ')[2].rstrip() for line in logged]
    assert says == [
        'Front.image_topic, so its value is not used: Front is none of cameras (front); '
        'did you mean front.image_topic?',
        'front.topic, so its value is not used; did you mean front.image_topic?',
        'latency_budget, so its value is not used; did you mean latency_budget_ms?',
        'nonsense, so its value is not used',
    ]
    assert 'there is no parameter' not in rest


@pytest.mark.usefixtures('each_executor')
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
