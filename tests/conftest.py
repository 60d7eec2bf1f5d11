# SPDX-License-Identifier: Apache-2.0
"""What all tests share: a ROS domain of their own, the data folder, the default bundle."""

import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from mobilenet_perception.inference.bundle import default_bundle_path
from mobilenet_perception.ros.domain import isolated_domain
from mobilenet_perception.ros.environment import ros_environment
from tests.support import ROOT

# A shell ignores Ctrl-C for what runs in its background, and children inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
# Before anything imports rclpy, for this process and for those that tests start.
DOMAIN = ExitStack()
os.environ.update(
    ros_environment(
        DOMAIN.enter_context(isolated_domain()), base={**os.environ, 'PYTHONUNBUFFERED': '1'}
    )
)


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
