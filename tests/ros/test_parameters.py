# SPDX-License-Identifier: Apache-2.0
"""What a node dumps it takes again: by `ros2 param load` and as a parameter file, in any state."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

# What `ros2 param` itself asks and sets by.
pytest.importorskip('rclpy.parameter_client', reason='needs rclpy of Iron or newer')

import rclpy
from lifecycle_msgs.msg import Transition
from rcl_interfaces.srv import DescribeParameters
from rclpy.parameter import parameter_value_to_python
from rclpy.parameter_client import AsyncParameterClient

from mobilenet_perception.ros.advisor.node import ADVISOR_PARAMETERS
from mobilenet_perception.tools.simulate.ros.driver import PARAMETERS
from tests.ros.classifier.peer import PATIENCE_S, NodeProcess, Peer

Start = Callable[..., NodeProcess]
ADVISOR = 'mobilenet_perception.ros.advisor'
DRIVER = 'mobilenet_perception.tools.simulate.ros.driver'
READ_AT_THE_START = {
    ADVISOR: ('/advisor', ADVISOR_PARAMETERS),
    DRIVER: ('/simulation_driver', PARAMETERS),
}
STATES = {
    'unconfigured': (),
    'inactive': (Transition.TRANSITION_CONFIGURE,),
    'active': (Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE),
}


class Client:
    """Dumps and loads as `ros2 param` does, by rclpy's client, which it uses too."""

    def __init__(self, name: str) -> None:
        self._node = rclpy.create_node('asking')
        self._name = name
        self._client = AsyncParameterClient(self._node, name)
        assert self._client.wait_for_services(PATIENCE_S)

    def dump(self, path: Path) -> None:
        """Write all parameters to a file."""
        names = sorted(self._wait(self._client.list_parameters()).result.names)
        values = self._wait(self._client.get_parameters(names)).values
        tree: dict[str, Any] = {}
        for name, value in zip(names, values, strict=True):
            *folders, last = name.split('.')
            place = tree
            for folder in folders:
                place = place.setdefault(folder, {})
            place[last] = parameter_value_to_python(value)
        path.write_text(yaml.dump({self._name: {'ros__parameters': tree}}))

    def load(self, path: Path) -> list[str]:
        """Set all parameters of a file; return the reasons of those that were refused."""
        results = self._wait(self._client.load_parameter_file(str(path), True)).results
        assert results
        return [result.reason for result in results if not result.successful]

    def close(self) -> None:
        """Leave."""
        self._node.destroy_node()

    def _wait(self, future: Any) -> Any:
        rclpy.spin_until_future_complete(self._node, future, timeout_sec=PATIENCE_S)
        assert future.done()
        return future.result()


class Ros2Param(Client):
    """Dumps and loads by the real `ros2 param`."""

    def dump(self, path: Path) -> None:
        """Write all parameters to a file."""
        path.write_text(self._ask('dump', self._name).stdout)

    def load(self, path: Path) -> list[str]:
        """Set all parameters of a file; return the reasons of those that were refused."""
        done = self._ask('load', self._name, str(path))
        assert 'successful' in done.stdout
        return done.stderr.splitlines()

    def _ask(self, verb: str, *arguments: str) -> 'subprocess.CompletedProcess[str]':
        return subprocess.run(
            ['ros2', 'param', verb, '--no-daemon', '--timeout', str(int(PATIENCE_S)), *arguments],
            capture_output=True, text=True, timeout=2 * PATIENCE_S, check=True,
        )  # fmt: skip


@pytest.fixture(params=[Client, Ros2Param])
def client(
    request: pytest.FixtureRequest, environment: dict[str, str]
) -> Iterator[Callable[[str], Client]]:
    if request.param is Ros2Param and not shutil.which('ros2'):
        pytest.skip('needs ros2: it comes with ROS 2, not in wheels')
    clients: list[Client] = []

    def connect(name: str) -> Client:
        clients.append(request.param(name))
        return clients[-1]

    yield connect
    for found in clients:
        found.close()


@pytest.mark.parametrize('state', STATES)
def test_the_classifier_takes_its_own_dump(
    start: Start, peer: Peer, client: Callable[[str], Client], state: str, tmp_path: Path
) -> None:
    dumps = [tmp_path / f'{number}.yaml' for number in range(3)]
    # A text that YAML takes for a number, and a number that it takes for a text.
    given: dict[str, Any] = {
        'autostart': 'false', 'risk': 0.000001, 'camera.roi': '[]', 'latency_budget_ms': 60,
    }  # fmt: skip
    for dump in dumps:
        node = start(**given)
        for transition in STATES[state]:
            assert peer.change_state(transition)
        assert peer.state() == state
        asking = client('/classifier')
        asking.dump(dump)
        assert asking.load(dump) == []
        assert peer.state() == state
        assert node.end()[0] == 0
        given = {'params_file': dump}
    written = [yaml.safe_load(dump.read_text()) for dump in dumps]
    assert written[0] == written[1] == written[2]
    values = written[0]['/classifier']['ros__parameters']
    assert values['camera']['roi'] == [0, 0, 0, 0]
    assert values['camera']['regions_classes'] == ['']
    assert (values['risk'], values['latency_budget_ms']) == (0.000001, 60.0)
    assert 'null' not in dumps[-1].read_text()


def test_the_advisor_takes_its_own_dump(
    start: Start, client: Callable[[str], Client], tmp_path: Path
) -> None:
    first = tmp_path / 'given.yaml'
    # Lists without labels, in the ways that a file can say it.
    text = "/**:\n  ros__parameters:\n    slow_labels: []\n    stop_labels: ['']\n"
    first.write_text(text)
    dumps = [first, tmp_path / '1.yaml', tmp_path / '2.yaml']
    for before, dump in pairwise(dumps):
        node = start(module=ADVISOR, params_file=before)
        asking = client('/advisor')
        asking.dump(dump)
        assert asking.load(dump) == []
        assert node.end()[0] == 0
    assert dumps[1].read_text() == dumps[2].read_text()
    values = yaml.safe_load(dumps[2].read_text())['/advisor']['ros__parameters']
    assert values['slow_labels'] == values['stop_labels'] == ['']


@pytest.mark.parametrize(
    ('roi', 'classes'), [('null', 'null'), ('[]', '[]'), ('[0, 0, 0, 0]', "['']")]
)
def test_no_region_has_one_form(
    start: Start, client: Callable[[str], Client], roi: str, classes: str, tmp_path: Path
) -> None:
    given, dump = tmp_path / 'given.yaml', tmp_path / 'dump.yaml'
    given.write_text(
        f'/**:\n  ros__parameters:\n    camera:\n      roi: {roi}\n'
        f'      regions_classes: {classes}\n'
    )
    start(params_file=given)
    client('/classifier').dump(dump)
    values = yaml.safe_load(dump.read_text())['/classifier']['ros__parameters']
    assert values['camera']['roi'] == [0, 0, 0, 0]
    assert values['camera']['regions_classes'] == ['']


def test_a_region_is_taken_away_and_its_refusal_says_how(start: Start, peer: Peer) -> None:
    start()
    assert peer.set_parameter('camera.roi', [1, 2, 3, 4]) == ''
    assert peer.set_parameter('camera.roi', [0, 0, 0, 0]) == ''
    assert peer.set_parameter('camera.roi', []) == ''
    refused = peer.set_parameter('camera.roi', [0, 0, 0, 5])
    assert refused.endswith('or [0, 0, 0, 0] for the whole frame; it is [0, 0, 0, 5]')


@pytest.mark.parametrize(
    ('module', 'name', 'new'),
    [(ADVISOR, 'max_age_ms', 3.0), (DRIVER, 'drive', 'teleop')],
)
def test_what_is_read_at_the_start_is_read_only(
    start: Start, peer: Peer, module: str, name: str, new: Any
) -> None:
    start(module=module)
    node, parameters = READ_AT_THE_START[module]
    request = DescribeParameters.Request(names=list(parameters))
    described = peer.call(DescribeParameters, f'{node}/describe_parameters', request)
    assert all(found.read_only for found in described.descriptors)
    refused = peer.set_parameter(name, new, node)
    assert refused == f'{name} is read at the start: set it, and start the node anew'
    assert peer.set_parameter(name, parameters[name].default, node) == ''


@pytest.mark.parametrize(
    ('module', 'node', 'given'),
    [
        (DRIVER, 'simulation_driver', {'drive': 'teleop', 'cameras': 'front,left'}),
        (
            'mobilenet_perception.ros.signal_regions',
            'signal_regions',
            {
                'map_file': 'worlds/sidewalk_signals.yaml',
                'pose_topic': '/pose',
                'cameras': '[front]',
                'front.mount': '[0.5, 0.0, 0.7, 0.0, 0.0, 0.25]',
            },
        ),
    ],
)
def test_what_is_read_at_the_start_comes_back_from_a_dump(
    start: Start,
    client: Callable[[str], Client],
    tmp_path: Path,
    module: str,
    node: str,
    given: dict[str, Any],
) -> None:
    dumps = [tmp_path / '1.yaml', tmp_path / '2.yaml']
    parameters = given
    for dump in dumps:
        process = start(module=module, **parameters)
        asking = client(f'/{node}')
        asking.dump(dump)
        assert asking.load(dump) == []
        assert process.end()[0] == 0
        parameters = {'params_file': dump}
    assert dumps[0].read_text() == dumps[1].read_text()
    values = yaml.safe_load(dumps[1].read_text())[f'/{node}']['ros__parameters']
    for name, value in given.items():
        camera, _, rest = name.rpartition('.')
        assert (values[camera] if camera else values)[rest] == yaml.safe_load(value)


def test_a_number_written_otherwise_is_no_change(start: Start, peer: Peer) -> None:
    start()
    peer.camera()  # it is active
    assert peer.set_parameter('engine_build_limit_s', 1800) == ''
    assert peer.set_parameter('runtime_threads', 1.0) == ''
    assert 'cannot change while' in peer.set_parameter('engine_build_limit_s', 1801)
    assert 'is read at the start' in peer.set_parameter('autostart', 1)
