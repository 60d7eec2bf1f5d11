# SPDX-License-Identifier: Apache-2.0
"""The bond by which Nav2's lifecycle manager knows that the node lives."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip('bond.msg', reason='needs the messages bond')

from bond.msg import Status
from lifecycle_msgs.msg import Transition

from tests.ros.classifier.peer import NodeProcess, Peer
from tests.support import ROOT

Start = Callable[..., NodeProcess]


def activate(peer: Peer) -> None:
    assert peer.change_state(Transition.TRANSITION_CONFIGURE)
    assert peer.change_state(Transition.TRANSITION_ACTIVATE)


def heartbeats(peer: Peer, topic: str = '/bond') -> list[Any]:
    heard: list[Any] = []
    peer.node.create_subscription(Status, topic, heard.append, 100)
    return heard


@pytest.mark.usefixtures('each_executor')
def test_a_bond_stands_while_the_node_is_active(start: Start, peer: Peer) -> None:
    heard = heartbeats(peer)
    start(autostart='false')
    for _ in range(2):
        del heard[:]
        activate(peer)
        peer.wait_for(lambda: len(heard) > 3)
        assert {message.id for message in heard} == {'classifier'}
        assert all(message.active for message in heard)
        # The manager takes another for a second node of the same name.
        assert len({message.instance_id for message in heard}) == 1
        assert peer.change_state(Transition.TRANSITION_DEACTIVATE)
        assert peer.change_state(Transition.TRANSITION_CLEANUP)
        peer.wait_for(lambda: not heard[-1].active)
        assert sum(not message.active for message in heard) == 1


def test_an_orderly_end_breaks_the_bond(start: Start, peer: Peer) -> None:
    heard = heartbeats(peer)
    node = start(autostart='false')
    activate(peer)
    peer.wait_for(lambda: heard)
    assert peer.change_state(Transition.TRANSITION_ACTIVE_SHUTDOWN)
    peer.wait_for(lambda: not heard[-1].active)
    assert node.end(signal.SIGINT)[0] == 0


@pytest.mark.usefixtures('each_executor')
@pytest.mark.parametrize('how', [signal.SIGINT, signal.SIGTERM])
def test_a_signal_breaks_the_bond(how: signal.Signals, start: Start, peer: Peer) -> None:
    heard = heartbeats(peer)
    node = start(autostart='false')
    activate(peer)
    peer.wait_for(lambda: heard)
    assert node.end(how)[0] == 0
    # The node is gone: what it said last was on its way before.
    peer.wait_for(lambda: not heard[-1].active)
    assert sum(not message.active for message in heard) == 1


def test_no_bond_without_a_manager(start: Start, peer: Peer) -> None:
    start()
    peer.camera()  # it is active
    assert not peer.node.count_publishers('/bond')


def test_where_bond_is_not_installed_it_is_said(
    environment: dict[str, str], peer: Peer, tmp_path: Path
) -> None:
    (tmp_path / 'bond').mkdir()
    (tmp_path / 'bond' / '__init__.py').touch()  # hides that of the environment
    process = subprocess.Popen(
        [
            *(sys.executable, '-m', 'mobilenet_perception.ros.classifier', '--ros-args'),
            *('-p', 'autostart:=false'),
        ],
        env={**environment, 'PYTHONPATH': str(tmp_path)},
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        activate(peer)
    finally:
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 0
    assert 'set bond_timeout: 0.0' in said


def test_the_real_bondpy_forms_and_sees_the_break(start: Start, peer: Peer) -> None:
    bondpy = pytest.importorskip('bondpy.bondpy', reason='needs bondpy: it comes with ROS 2')
    broken: list[bool] = []
    sister = bondpy.Bond(peer.node, 'bond', 'classifier', on_broken=lambda: broken.append(True))
    start(autostart='false')
    activate(peer)
    sister.start()
    peer.wait_for(lambda: sister.sister_instance_id)
    assert not broken
    assert peer.change_state(Transition.TRANSITION_DEACTIVATE)
    peer.wait_for(lambda: broken)
