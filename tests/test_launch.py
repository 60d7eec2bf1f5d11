# SPDX-License-Identifier: Apache-2.0
"""The launch file under the real `launch`: arguments become parameters."""

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.launch_file import load_launch_file

# First: this checkout's folder launch/ would pass for a package of that name.
pytest.importorskip('launch_ros', reason='needs launch_ros: it comes with ROS 2, not in wheels')
launch = pytest.importorskip('launch')


@pytest.fixture
def classify(root: Path) -> ModuleType:
    return load_launch_file(root / 'launch' / 'classify.launch.py')


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
