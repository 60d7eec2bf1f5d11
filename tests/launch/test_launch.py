# SPDX-License-Identifier: Apache-2.0
"""The launch files under the real `launch`: arguments become parameters and commands."""

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from mobilenet_perception.ros.environment import profile_variable
from tests.support.launch_file import load_launch_file

# First: this checkout's folder launch/ would pass for a package of that name.
pytest.importorskip('launch_ros', reason='needs launch_ros: it comes with ROS 2, not in wheels')
launch = pytest.importorskip('launch')


@pytest.fixture
def classify(root: Path) -> ModuleType:
    return load_launch_file(root / 'launch' / 'classify.launch.py')


@pytest.fixture
def replay(root: Path) -> ModuleType:
    return load_launch_file(root / 'launch' / 'replay.launch.py')


def given(module: ModuleType, **arguments: str) -> dict[str, str]:
    return {name: default for name, default, _ in module.ARGUMENTS} | arguments


def test_every_argument_is_declared_and_described(classify: ModuleType) -> None:
    declared = {
        entity.name: entity
        for entity in classify.generate_launch_description().entities
        if isinstance(entity, launch.actions.DeclareLaunchArgument)
    }
    assert set(declared) == {name for name, _, _ in classify.ARGUMENTS}
    assert all(entity.description for entity in declared.values())


def test_arguments_become_parameters(classify: ModuleType) -> None:
    parameters = classify._parameters(
        given(classify, cameras='front', image_topic='/lens', latency_budget_ms='30')
    )
    assert parameters == {
        'use_sim_time': False,
        'autostart': True,
        'cameras': ['front'],
        'front.image_topic': '/lens',
        'latency_budget_ms': 30.0,
    }


def test_the_advisor_follows_the_same_cameras(classify: ModuleType) -> None:
    assert given(classify)['advice'] == 'false'
    parameters = classify._parameters(given(classify, cameras='front,left', use_sim_time='true'))
    assert classify._advisor_parameters(parameters) == {
        'use_sim_time': True,
        'cameras': ['front', 'left'],
    }


@pytest.mark.parametrize(
    ('arguments', 'says'),
    [
        ({'autostart': 'maybe'}, 'autostart must be true or false'),
        ({'latency_budget_ms': 'fast'}, 'latency_budget_ms must be a number'),
        ({'cameras': 'a,b', 'image_topic': '/lens'}, 'for several set <camera>.image_topic'),
    ],
)
def test_wrong_arguments_are_one_sentence(
    classify: ModuleType, arguments: dict[str, Any], says: str
) -> None:
    with pytest.raises(RuntimeError, match=says):
        classify._parameters(given(classify, **arguments))


def replay_arguments(module: ModuleType, **arguments: str) -> dict[str, str]:
    passed_on = {name: '' for name, _ in module.PASSED_ON}
    return given(module) | passed_on | arguments


def test_what_is_passed_on_to_the_classifier_is_an_argument_of_it(
    replay: ModuleType, classify: ModuleType
) -> None:
    theirs = {name: (default, meaning) for name, default, meaning in classify.ARGUMENTS}
    for name, meaning in replay.PASSED_ON:
        assert theirs[name] == ('', meaning)
    assert theirs['params_file'][0] == replay.PARAMS_FILE
    declared = {
        entity.name
        for entity in replay.generate_launch_description().entities
        if isinstance(entity, launch.actions.DeclareLaunchArgument)
    }
    assert {'bag', 'rate', 'params_file', *dict(replay.PASSED_ON)} <= declared


def test_a_bag_is_played_paused_with_its_own_clock(replay: ModuleType, tmp_path: Path) -> None:
    command = replay._player(
        replay_arguments(
            replay,
            bag=str(tmp_path),
            rate='0.5',
            play_arguments='--start-offset 10 --topics /a /b',
        )
    )
    assert command == [
        *('ros2', 'bag', 'play', str(tmp_path), '--start-paused', '--disable-keyboard-controls'),
        *('--clock', '200', '--rate', '0.5', '--start-offset', '10', '--topics', '/a', '/b'),
    ]


def test_the_player_loses_no_large_images(
    replay: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable = profile_variable()
    monkeypatch.delenv(variable, raising=False)
    (profile,) = replay._player_environment().values()
    assert Path(profile).is_file() and Path(profile).name == 'fastdds_large_images.xml'
    monkeypatch.setenv(variable, '/mine.xml')
    assert replay._player_environment() == {}


def test_the_player_goes_on_for_the_classifier_of_the_namespace(replay: ModuleType) -> None:
    command = replay._resume(replay_arguments(replay, namespace='/front/', wait_s='5'))
    assert command[1:] == [
        *(
            '-m',
            'mobilenet_perception.tools.replay.ros.resume',
            '--classifier',
            '/front/classifier',
        ),
        *('--wait', '5'),
    ]


@pytest.mark.parametrize(
    ('arguments', 'says'),
    [
        ({}, "bag must be the path of a rosbag2 recording; it is ''"),
        ({'bag': '/absent'}, "it is '/absent'"),
        ({'bag': '/', 'rate': '0'}, "rate must be a number above 0; it is '0'"),
        ({'bag': '/', 'clock_hz': 'often'}, 'clock_hz must be a number above 0'),
    ],
)
def test_what_cannot_be_replayed_is_one_sentence(
    replay: ModuleType, arguments: dict[str, str], says: str
) -> None:
    with pytest.raises(RuntimeError, match=says):
        replay._player(replay_arguments(replay, **arguments))
