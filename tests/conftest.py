# SPDX-License-Identifier: Apache-2.0
"""What all tests share: a ROS domain of their own, the data folder, bundles, frames, the node.

Fixtures import what they need themselves, for in some environments it is absent.
"""

import importlib.util
import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

from mobilenet_perception.inference.bundle import default_bundle_path
from mobilenet_perception.ros.domain import isolated_domain
from mobilenet_perception.ros.environment import ros_environment
from tests.support import ROOT

if TYPE_CHECKING:
    from tests.ros.classifier.peer import NodeProcess, Peer

# A shell ignores Ctrl-C for what runs in its background, and children inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
# Before anything imports rclpy, for this process and for those that tests start.
DOMAIN = ExitStack()
os.environ.update(
    ros_environment(
        DOMAIN.enter_context(isolated_domain()), base={**os.environ, 'PYTHONUNBUFFERED': '1'}
    )
)
# What this run was told, by colcon for one, is not for the runs of pytest that tests start.
os.environ.pop('PYTEST_ADDOPTS', None)
# On a machine under load an example takes long, and is right all the same.
hypothesis.settings.register_profile('patient', deadline=None)
hypothesis.settings.load_profile('patient')

HAS_TENSORFLOW = importlib.util.find_spec('tensorflow') is not None
collect_ignore = [] if HAS_TENSORFLOW else ['training']


def pytest_report_header() -> list[str]:
    left_out = 'tests/training left out: no TensorFlow (make setup-training)'
    return [] if HAS_TENSORFLOW else [left_out]


def pytest_configure(config: pytest.Config) -> None:
    folder = tempfile.TemporaryDirectory(prefix='ros-log-', ignore_cleanup_errors=True)
    config.add_cleanup(folder.cleanup)
    config.add_cleanup(DOMAIN.close)
    os.environ['ROS_LOG_DIR'] = folder.name


@pytest.fixture
def domain_id() -> Iterator[int]:
    """A ROS domain that this test shares with nobody."""
    with isolated_domain() as domain:
        yield domain


@pytest.fixture(scope='session')
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope='session')
def data() -> Path:
    """The folder of test data, which is no part of the repository."""
    named = os.environ.get('MOBILENET_PERCEPTION_DATA')
    folder = Path(named) if named else ROOT.parent / 'shared' / 'data'
    if not folder.is_dir():
        pytest.skip(f'the data folder {folder} is absent: name it in MOBILENET_PERCEPTION_DATA')
    return folder


@pytest.fixture(scope='session')
def default_bundle() -> Path:
    """The bundle that comes with the package."""
    return default_bundle_path()


@pytest.fixture(scope='session')
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny bundle."""
    from tests.support.tiny_bundle import write_tiny_bundle

    return write_tiny_bundle(tmp_path_factory.mktemp('bundles') / 'tiny').folder


@pytest.fixture(scope='session')
def colours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of images that the tiny bundle knows, in a subfolder for each label."""
    from tests.support.colours import draw_colours

    return draw_colours(tmp_path_factory.mktemp('colours'))


@pytest.fixture(scope='session')
def labelled_bag(colours: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """These images as a bag with labels, at 20 Hz."""
    from mobilenet_perception.recordings import BagOptions, open_source, write_bag

    path = tmp_path_factory.mktemp('bags') / 'colours'
    write_bag(open_source(str(colours), rate_hz=20.0), path, BagOptions())
    return path


@pytest.fixture
def environment(domain_id: int, tmp_path: Path) -> Iterator[dict[str, str]]:
    """A ROS environment of its own for each test, in this process and for its children."""
    rclpy = pytest.importorskip('rclpy', reason='needs rclpy: ROS 2 or its wheels')
    before = dict(os.environ)
    environment = {**ros_environment(domain_id), 'ROS_LOG_DIR': str(tmp_path / 'log')}
    os.environ.update(environment)
    rclpy.init()
    yield environment
    rclpy.try_shutdown()
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(params=['events', 'single_threaded'])
def each_executor(request: pytest.FixtureRequest, environment: dict[str, str]) -> str:
    """Run the test once on each executor: nodes that it starts run on that."""
    from mobilenet_perception.errors import PerceptionError
    from mobilenet_perception.ros.executor import VARIABLE, executor_name

    environment[VARIABLE] = request.param
    try:
        return executor_name(environment)
    except PerceptionError as error:
        pytest.skip(str(error))


@pytest.fixture
def start(environment: dict[str, str], tiny: Path) -> Iterator[Callable[..., 'NodeProcess']]:
    """Start the node with the tiny bundle and further parameters, in another process."""
    from tests.ros.classifier.peer import NodeProcess

    started = []

    def start_node(**parameters: Any) -> NodeProcess:
        node = NodeProcess(environment, **{'bundle': tiny, **parameters})
        started.append(node)
        return node

    yield start_node
    # Not killed: a killed process leaves 64 MB of shared memory behind.
    for node in started:
        if node.process.poll() is None:
            node.end()


@pytest.fixture
def peer(environment: dict[str, str]) -> Iterator['Peer']:
    """A camera and a planner in this process, beside the node."""
    from tests.ros.classifier.peer import Peer

    peer = Peer()
    yield peer
    peer.close()
