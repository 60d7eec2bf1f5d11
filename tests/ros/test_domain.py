# SPDX-License-Identifier: Apache-2.0
"""A domain that is held is drawn by nobody else, before, while and after ROS runs in it."""

import socket
import subprocess
import sys

import pytest

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.ros import domain as module
from mobilenet_perception.ros.domain import isolated_domain

# Tests draw a domain that is held meanwhile, by the usual port, from all that run beside them.
RESERVED = 7


@pytest.fixture
def only(domain_id: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """The only domain there is to draw."""
    monkeypatch.setattr(module, '_DOMAINS', [domain_id])
    monkeypatch.setattr(module, '_RESERVED', RESERVED)
    return domain_id


def assert_none_is_free() -> None:
    with pytest.raises(PerceptionError, match='in use'), isolated_domain():
        pass


@pytest.mark.parametrize('offset', [0, 10])
def test_a_domain_in_use_is_not_drawn(only: int, offset: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as participant:
        participant.bind(('', 7400 + 250 * only + offset))
        assert_none_is_free()
    with isolated_domain() as drawn:
        assert drawn == only


def test_a_domain_with_a_real_participant_is_not_drawn(only: int) -> None:
    rclpy = pytest.importorskip('rclpy', reason='needs rclpy: ROS 2 or its wheels')
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=only)
    node = rclpy.create_node('participant', context=context)
    try:
        assert_none_is_free()
    finally:
        node.destroy_node()
        rclpy.shutdown(context=context)


def test_a_domain_is_held_until_it_is_left(only: int) -> None:
    with isolated_domain():
        assert_none_is_free()
    with isolated_domain():
        pass


def test_a_participant_may_join_a_held_domain_as_its_first(only: int) -> None:
    with isolated_domain(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as participant:
        participant.bind(('', 7400 + 250 * only + 10))


def test_another_process_holds_it_until_it_ends(only: int) -> None:
    code = (
        'from mobilenet_perception.ros import domain as module\n'
        f'module._DOMAINS, module._RESERVED = [{only}], {RESERVED}\n'
        'with module.isolated_domain():\n'
        '    print("held", flush=True)\n'
        '    input()\n'
    )
    with subprocess.Popen(
        [sys.executable, '-c', code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout and other.stdout.readline() == 'held\n'
        assert_none_is_free()
        other.communicate('\n')
    with isolated_domain() as drawn:
        assert drawn == only
