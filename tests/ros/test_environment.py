# SPDX-License-Identifier: Apache-2.0
"""Processes given this environment find each other, alone, and lose no images."""

import importlib.metadata
import os
import sys
from pathlib import Path

import pytest

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.ros import environment as module
from mobilenet_perception.ros.environment import (
    profile_variable,
    ros_distribution,
    ros_environment,
)

OLD, NEW = 'FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE'


def test_localhost_keeps_to_this_machine() -> None:
    environment = ros_environment(7, base={'HOME': '/somewhere'})
    assert environment['HOME'] == '/somewhere'
    assert environment['ROS_DOMAIN_ID'] == '7'
    assert environment['ROS_AUTOMATIC_DISCOVERY_RANGE'] == 'LOCALHOST'
    profile = Path(environment[profile_variable()])
    assert profile.name == 'fastdds_localhost.xml'
    assert profile.is_file()


def test_the_profile_is_named_where_this_fast_dds_looks() -> None:
    for distribution in ('humble', 'jazzy'):
        assert profile_variable({'ROS_DISTRO': distribution}) == OLD
    for distribution in ('kilted', 'lyrical', 'rolling'):
        assert profile_variable({'ROS_DISTRO': distribution}) == NEW


@pytest.mark.parametrize(
    ('rclpy', 'distribution'), [('7.1.6', 'jazzy'), ('9.1.2', 'kilted'), ('11.0.3', 'lyrical')]
)
def test_the_distribution_of_wheels_is_told_by_their_rclpy(
    rclpy: str, distribution: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.metadata, 'version', {'ros-rclpy': rclpy}.__getitem__)
    assert ros_distribution({}) == distribution


def test_base_is_not_changed() -> None:
    base = {'ROS_DOMAIN_ID': '3'}
    ros_environment(7, base=base)
    assert base == {'ROS_DOMAIN_ID': '3'}


def test_beyond_localhost_the_users_discovery_and_profile_stay() -> None:
    base = {'ROS_DISTRO': 'jazzy', 'ROS_AUTOMATIC_DISCOVERY_RANGE': 'SUBNET'}
    environment = ros_environment(7, localhost=False, base=base)
    assert Path(environment[OLD]).name == 'fastdds_large_images.xml'
    environment = ros_environment(7, localhost=False, base={**base, OLD: '/mine.xml'})
    assert environment[OLD] == '/mine.xml'
    assert environment['ROS_AUTOMATIC_DISCOVERY_RANGE'] == 'SUBNET'


def test_humble_has_a_variable_of_its_own() -> None:
    environment = ros_environment(7, base={'ROS_DISTRO': 'humble'})
    assert environment['ROS_LOCALHOST_ONLY'] == '1'
    assert 'ROS_AUTOMATIC_DISCOVERY_RANGE' not in environment


@pytest.mark.parametrize(
    ('from_wheels', 'before', 'after'),
    [
        (True, None, [sys.prefix]),
        (True, ['/workspace/install'], ['/workspace/install', sys.prefix]),
        (True, [sys.prefix, '/other'], [sys.prefix, '/other']),
        (False, ['/opt/ros/jazzy'], ['/opt/ros/jazzy']),
        (False, None, None),
    ],
)
def test_the_wheels_join_the_prefixes_and_an_installation_stays(
    monkeypatch: pytest.MonkeyPatch,
    from_wheels: bool,
    before: list[str] | None,
    after: list[str] | None,
) -> None:
    monkeypatch.setattr(module, '_ros_is_from_wheels', lambda: from_wheels)
    base = {} if before is None else {'AMENT_PREFIX_PATH': os.pathsep.join(before)}
    found = ros_environment(7, base=base).get('AMENT_PREFIX_PATH')
    assert found == (None if after is None else os.pathsep.join(after))


@pytest.mark.parametrize('domain_id', [-1, 233])
def test_a_domain_out_of_range_is_refused(domain_id: int) -> None:
    with pytest.raises(PerceptionError, match='choose one of 0 to 232'):
        ros_environment(domain_id)
