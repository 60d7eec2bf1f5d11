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
    assert classify._shared_parameters(parameters) == {
        'use_sim_time': True,
        'cameras': ['front', 'left'],
    }


def test_a_map_of_signals_is_looked_at_by_every_camera(
    classify: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = {'cameras': 'front,left', 'signal_map': 'city.yaml', 'use_sim_time': 'true'}
    parameters = classify._parameters(given(classify, **arguments))
    assert parameters['front.regions_topic'] == 'signal_regions/front/regions'
    assert parameters['left.regions_topic'] == 'signal_regions/left/regions'
    assert classify._signal_regions_parameters(given(classify, **arguments), parameters) == {
        'use_sim_time': True,
        'cameras': ['front', 'left'],
        'map_file': str(tmp_path / 'city.yaml'),
    }
    nodes = described(classify, **arguments)
    assert [node.node_executable for node in nodes] == ['classifier', 'signal_regions']


def test_regions_of_a_detector_are_for_every_camera(classify: ModuleType) -> None:
    topic = {'regions_topic': '/detector/<camera>/boxes'}
    parameters = classify._parameters(given(classify, cameras='front,left', **topic))
    assert parameters['left.regions_topic'] == '/detector/left/boxes'
    assert 'left.regions_margin' not in parameters
    parameters = classify._parameters(given(classify, **topic, regions_margin='0'))
    assert parameters['camera.regions_topic'] == '/detector/camera/boxes'
    assert parameters['camera.regions_margin'] == 0.0


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


def described(module: ModuleType, **arguments: str) -> list[Any]:
    context = launch.LaunchContext()
    context.launch_configurations.update(given(module, **arguments))
    return list(module._start(context))


def test_respawn_is_for_every_node(classify: ModuleType) -> None:
    nodes = described(classify, advice='true', respawn='true', respawn_delay='0.5')
    assert len(nodes) == 2
    for node in nodes:
        # Private in launch, of each release, and public in none.
        assert node._ExecuteLocal__respawn is True
        assert node._ExecuteLocal__respawn_delay == 0.5
    (node,) = described(classify)
    assert node._ExecuteLocal__respawn is False


def test_a_profile_is_handed_on_by_its_full_path(
    classify: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / 'mine.xml').write_text('<profiles/>')
    monkeypatch.chdir(tmp_path)
    assert list(classify._profile('mine.xml').values()) == [str(tmp_path / 'mine.xml')]
    assert classify._profile('') == {}


@pytest.mark.parametrize(
    ('arguments', 'says'),
    [
        ({'log_level': 'loud'}, 'log_level must be one of debug, info, .*; it is .loud'),
        ({'log_level': 'classifier:=loud'}, 'log_level must be one of'),
        ({'fastdds_profile': '/nowhere.xml'}, 'fastdds_profile /nowhere.xml cannot be read'),
        ({'fastdds_profile': __file__}, 'is no XML'),
        ({'respawn': 'often'}, 'respawn must be true or false'),
        ({'respawn_delay': '-1'}, 'respawn_delay must be a number of seconds from 0'),
        ({'respawn_delay': 'nan'}, 'respawn_delay must be a number of seconds from 0'),
    ],
)
def test_arguments_of_the_process_are_checked(
    classify: ModuleType, arguments: dict[str, str], says: str
) -> None:
    with pytest.raises(RuntimeError, match=says):
        described(classify, **arguments)


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
