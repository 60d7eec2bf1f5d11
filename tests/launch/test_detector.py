# SPDX-License-Identifier: Apache-2.0
"""The launch file of the example detector under the real `launch`."""

from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from tests.support.launch_file import load_launch_file

# First: this checkout's folder launch/ would pass for a package of that name.
pytest.importorskip('launch_ros', reason='needs launch_ros: it comes with ROS 2, not in wheels')
launch = pytest.importorskip('launch')


@pytest.fixture
def detector(root: Path) -> ModuleType:
    return load_launch_file(root / 'examples' / 'detector.launch.py')


def started(module: ModuleType, **given: str) -> list[str]:
    """Return the types of what the launch file starts with these arguments."""
    context = launch.LaunchContext()
    defaults = {name: default for name, default, _ in module.ARGUMENTS}
    context.launch_configurations.update(defaults | given)
    return [type(action).__name__ for action in module._start(context)]


def test_a_video_is_played_as_the_camera(detector: ModuleType) -> None:
    both = ['IncludeLaunchDescription', 'ExecuteProcess']
    assert started(detector) == both
    assert started(detector, video='drive.mp4') == [*both, 'ExecuteProcess']


def test_all_ends_with_what_it_cannot_do_without(detector: ModuleType) -> None:
    def ended(status: int) -> Any:
        event = SimpleNamespace(returncode=status, process_name='detector-2')
        return detector._end(event, launch.LaunchContext())

    assert [type(action).__name__ for action in ended(0)] == ['Shutdown']
    with pytest.raises(RuntimeError, match='detector-2 ended with status 1'):
        ended(1)
