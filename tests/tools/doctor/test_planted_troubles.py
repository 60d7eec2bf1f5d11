# SPDX-License-Identifier: Apache-2.0
"""Troubles planted in real processes over real DDS: the doctor names each of them."""

import json
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mobilenet_perception.inference.engines import Built, EngineKey, EngineStore
from mobilenet_perception.ros.domain import isolated_domain
from tests.support.tiny_bundle import write_tiny_bundle
from tests.tools.doctor.conftest import PATIENCE_S, on_path

pytest.importorskip('rclpy', reason='needs rclpy: ROS 2 or its wheels')

Ask = Callable[..., tuple[int, Any]]
Begin = Callable[..., 'subprocess.Popen[str]']
PROFILES = ('FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE')
Start = Callable[[str, dict[str, Any]], None]
# What the doctor is to find on the topic of each camera, and a word of what it is to say.
ON_TOPICS = {
    'nobody': ('no_publisher', 'start the camera'),
    'compressed': ('message_type', 'compressed.image_transport:=compressed'),
    'reliability': (
        'qos_reliability',
        'qos_overrides./reliability/image_raw.subscription.reliability:=best_effort',
    ),
    'durability': (
        'qos_durability',
        'qos_overrides./durability/image_raw.subscription.durability:=volatile',
    ),
    'twice': ('two_publishers', 'planted, /planted'),
    'unstamped': ('stamps', 'header.stamp'),
    'future': ('stamps', 'in the future'),
    'old': ('stamps', 'old on arrival'),
    'backward': ('stamps_backward', 'go back'),
    'encoding': ('encoding', "did you mean 'rgb8'"),
    'truncated': ('encoding', 'truncated'),
    'lossy': ('loss', 'was started without'),
    'slow': ('gaps', 'decision_timeout_ms'),
    'paused': ('silence', 'no frame came'),
}


def test_each_planted_trouble_is_named(
    begin: Begin, ask: Ask, classifier: Start, tmp_path: Path
) -> None:
    bundle = write_tiny_bundle(tmp_path / 'tiny').folder
    others = [name for name in ON_TOPICS if name not in ('nobody', 'lossy')]
    begin('tests.tools.doctor.planted', *others)
    # Without a profile its frames really get lost.
    begin('tests.tools.doctor.planted', 'lossy', **dict.fromkeys(PROFILES, ''))
    asked = {'reliability': 'reliable', 'durability': 'transient_local'}
    overrides = {
        f'qos_overrides./{name}/image_raw.subscription.{name}': value
        for name, value in asked.items()
    }
    classifier('/', {'bundle': bundle, 'cameras': list(ON_TOPICS), 'latency_budget_ms': 400.0,
                     **overrides})  # fmt: skip
    heavy = write_tiny_bundle(tmp_path / 'heavy', work=512).folder
    classifier('/tight', {'bundle': heavy, 'latency_budget_ms': 1.0,
                          'camera.image_topic': '/backward/image_raw'})  # fmt: skip
    broken = write_tiny_bundle(tmp_path / 'broken').folder
    (broken / 'tiny.onnx').write_bytes(b'x' * (broken / 'tiny.onnx').stat().st_size)
    classifier('/idle', {'bundle': broken, 'autostart': False, 'use_sim_time': True})
    _engine(tmp_path / 'engines')
    modules = _modules(tmp_path / 'modules')
    nodes = ('/classifier', '/tight/classifier', '/idle/classifier')
    status, said = ask(
        '--seconds', 3, *(part for node in nodes for part in ('--node', node)),
        PYTHONPATH=on_path(modules),
    )  # fmt: skip
    found = [finding for finding in said['findings'] if finding['level'] != 'ok']
    told = {(f['where'], f['check']): f'{f["what"]} {f["cure"]}' for f in found}
    expected = {
        (f'/{name}/image_raw', check): words for name, (check, words) in ON_TOPICS.items()
    } | {
        ('/idle/classifier', 'node_state'): 'ros2 lifecycle set /idle/classifier configure',
        ('/idle/classifier', 'clock'): 'nobody publishes /clock',
        ('/tight/classifier: camera', 'budget'): 'not reachable',
        (str(broken), 'bundle'): 'SHA-256',
        ('this machine', 'runtime'): "pip install 'onnxruntime",
        ('the engine cache', 'engines'): 'tensorrt 10.3.0, and no tensorrt is installed',
        ('this machine', 'cv_bridge'): 'built for numpy 1',
    }
    unnamed = {
        place: words for place, words in expected.items() if words not in told.get(place, '')
    }
    assert not unnamed, told
    assert status == 1
    assert said['wrong'] >= 10


def test_a_healthy_graph(begin: Begin, ask: Ask, classifier: Start, tmp_path: Path) -> None:
    begin('tests.tools.doctor.planted', 'camera')
    bundle = write_tiny_bundle(tmp_path / 'tiny').folder
    generous = {'latency_budget_ms': 2000.0, 'decision_timeout_ms': 5000.0}
    classifier('/', {'bundle': bundle, **generous})
    status, said = ask('--seconds', 2, '--node', 'classifier', '--rate', 25)
    # Of the graph nothing may be wrong; the machine of these tests may have a slow governor.
    wrong = [item for item in said['findings'] if item['level'] == 'wrong']
    assert not [item for item in wrong if item['check'] != 'computer']
    assert status == (1 if wrong else 0)
    fine = {(item['where'], item['check']) for item in said['findings'] if item['level'] == 'ok'}
    assert {('/camera/image_raw', 'frames'), ('/classifier', 'node_state'),
            ('this machine', 'runtime')} <= fine  # fmt: skip


def test_a_camera_that_comes_unevenly_is_no_loss_and_not_wrong(begin: Begin, ask: Ask) -> None:
    _ready(begin('tests.tools.doctor.planted', 'uneven'))
    _, said = ask('--seconds', 4, '--topic', '/uneven/image_raw')
    found = [item for item in said['findings'] if item['where'] == '/uneven/image_raw']
    assert not [item for item in found if item['level'] == 'wrong'], found
    (uneven,) = [item for item in found if item['level'] == 'note']
    assert uneven['check'] == 'uneven' and 'none of them is lost here' in uneven['what']


def test_an_empty_domain_names_processes_of_another(begin: Begin, ask: Ask) -> None:
    _ready(begin('tests.tools.doctor.planted', 'camera'))
    with isolated_domain() as empty:
        status, said = ask('--seconds', 1, ROS_DOMAIN_ID=str(empty))
    first = said['findings'][0]
    assert (status, first['check']) == (1, 'discovery')
    assert 'tests.tools.doctor.planted' in first['cure'] and 'ROS_DOMAIN_ID=' in first['cure']


def test_a_middleware_that_is_not_installed(ask: Ask) -> None:
    status, said = ask('--seconds', 1, RMW_IMPLEMENTATION='rmw_of_nobody')
    assert (status, said['findings'][0]['check']) == (1, 'ros')
    assert 'RMW_IMPLEMENTATION' in said['findings'][0]['cure']


def test_an_interrupt_prints_what_was_found_so_far(begin: Begin) -> None:
    cameras = begin('tests.tools.doctor.planted', 'camera', 'unstamped')
    _ready(cameras)
    doctor = begin('mobilenet_perception', 'doctor', '--json', '--seconds', 600)
    assert cameras.stdout is not None and cameras.stdout.readline() == 'heard\n'
    doctor.send_signal(signal.SIGINT)
    said, _ = doctor.communicate(timeout=PATIENCE_S)
    assert doctor.returncode == 130
    found = {(f['where'], f['check'], f['level']) for f in json.loads(said)['findings']}
    assert json.loads(said)['interrupted']
    # Without a node every camera is looked at.
    assert {
        ('/unstamped/image_raw', 'stamps', 'wrong'),
        ('/camera/image_raw', 'frames', 'ok'),
    } <= (found)


def _ready(cameras: 'subprocess.Popen[str]') -> None:
    assert cameras.stdout is not None and cameras.stdout.readline() == 'ready\n'


def _engine(folder: Path) -> None:
    key = EngineKey('a' * 64, 'tensorrt', '10.3.0', 'Orin', '8.7', ())
    EngineStore(folder).get(key, 'tiny/tiny', lambda cache: Built(b'plan', b'', 'fp16', {}))


def _modules(folder: Path) -> Path:
    """Write libraries that are broken as real ones are; their words are those of numpy 2."""
    (folder / 'cv_bridge' / 'boost').mkdir(parents=True)
    (folder / 'cv_bridge' / '__init__.py').touch()
    (folder / 'cv_bridge' / 'boost' / '__init__.py').touch()
    (folder / 'cv_bridge' / 'boost' / 'cv_bridge_boost.py').write_text(
        "raise AttributeError('_ARRAY_API not found')"
    )
    (folder / 'onnxruntime.py').write_text("raise ImportError('libonnxruntime.so is missing')")
    return folder
