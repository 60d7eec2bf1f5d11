# SPDX-License-Identifier: Apache-2.0
"""Fixtures that start the node in another process, in a ROS domain of its own."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

rclpy = pytest.importorskip('rclpy', reason='needs rclpy: ROS 2 or its wheels')

from mobilenet_perception.ros.environment import ros_environment  # noqa: E402
from tests.ros.classifier.peer import NodeProcess, Peer  # noqa: E402
from tests.support.tiny_bundle import write_tiny_bundle  # noqa: E402


@pytest.fixture(scope='session')
def tiny_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_bundle(tmp_path_factory.mktemp('bundles') / 'tiny').folder


@pytest.fixture
def environment(domain_id: int, tmp_path: Path) -> Iterator[dict[str, str]]:
    """An environment of its own for each test, in this process and for its children."""
    before = dict(os.environ)
    environment = {**ros_environment(domain_id), 'ROS_LOG_DIR': str(tmp_path / 'log')}
    os.environ.update(environment)
    rclpy.init()
    yield environment
    rclpy.try_shutdown()
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def start(environment: dict[str, str], tiny_bundle: Path) -> Iterator[Callable[..., NodeProcess]]:
    """Start the node with the tiny bundle and further parameters."""
    started = []

    def start_node(**parameters: Any) -> NodeProcess:
        node = NodeProcess(environment, **{'bundle': tiny_bundle, **parameters})
        started.append(node)
        return node

    yield start_node
    # Not killed: a killed process leaves 64 MB of shared memory behind.
    for node in started:
        if node.process.poll() is None:
            node.end()


@pytest.fixture
def peer(environment: dict[str, str]) -> Iterator[Peer]:
    peer = Peer()
    yield peer
    peer.close()
