# SPDX-License-Identifier: Apache-2.0
"""Tables of the pages against the code: parameters, arguments, keys, commands, figures."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from mobilenet_perception.inference.runtimes import RUNTIMES
from mobilenet_perception.pipeline.parameters import (
    NODE_PARAMETERS,
    Specification,
    camera_parameters,
)
from mobilenet_perception.pipeline.timing import FrameRecord, Outcome
from mobilenet_perception.tools.cli import PROGRAM
from tests.docs.command_lines import (
    launch_arguments,
    launch_file,
    own_launch_arguments,
)
from tests.docs.pages import Page, all_pages, code, read_page
from tests.support import ROOT

PARAMETERS = read_page('docs/parameters.md')
OF_THE_NODE = ('Parameter', 'Default', 'Allowed', 'Run time', 'Meaning')
OF_THE_ADVISOR = ('Parameter', 'Default', 'Allowed', 'Meaning')
OF_SIGNAL_REGIONS = ('Parameter of signal_regions', *OF_THE_ADVISOR[1:])
OF_A_LAUNCH_FILE = ('Argument', 'Default', 'Meaning')


def default_text(value: Any) -> str:
    """Return a default as the page writes it."""
    if isinstance(value, bool):
        return f'`{str(value).lower()}`'
    if isinstance(value, list):
        return f'`[{", ".join(map(str, value))}]`'
    if isinstance(value, str):
        return f'`{value}`' if value else "`''`"
    return f'{value:g}'


def allowed_text(specification: Specification) -> str:
    """Return what is allowed as the page writes it."""
    if specification.choices:
        return ', '.join(f'`{choice}`' for choice in specification.choices)
    ends = (specification.minimum, specification.maximum)
    if None in ends:
        return ''
    return ' to '.join(f'{end:.6f}'.rstrip('0').rstrip('.') for end in ends if end is not None)


def check_parameters(
    rows: list[list[str]], declared: Mapping[str, Specification], run_time: bool
) -> None:
    """Compare rows of the page with what is declared; says the row that is missing."""
    stated = {row[0]: row for row in rows}
    assert len(stated) == len(rows), 'a parameter stands twice'
    expected = {}
    for name, found in declared.items():
        cells = [f'`{name}`', default_text(found.default), allowed_text(found)]
        expected[cells[0]] = [
            *cells,
            *(['yes' if found.at_run_time else 'no'] if run_time else []),
        ]
    missing = [
        '| ' + ' | '.join([*cells, '...']) + ' |'
        for name, cells in expected.items()
        if name not in stated
    ]
    assert missing == [], 'add to docs/parameters.md'
    assert set(stated) - set(expected) == set(), 'not declared'
    for name, cells in expected.items():
        *found_cells, meaning = stated[name]
        assert found_cells == cells
        assert meaning and meaning != '...'


def test_every_parameter_of_the_node_and_no_other() -> None:
    declared = {**NODE_PARAMETERS, **camera_parameters('<camera>')}
    check_parameters(PARAMETERS.table(*OF_THE_NODE), declared, run_time=True)


def test_every_parameter_of_the_advisor_and_no_other() -> None:
    pytest.importorskip('rclpy', reason='needs rclpy: ROS 2 or its wheels')
    from mobilenet_perception.ros.advisor.node import ADVISOR_PARAMETERS

    check_parameters(PARAMETERS.table(*OF_THE_ADVISOR), ADVISOR_PARAMETERS, run_time=False)


def test_every_parameter_of_signal_regions_and_no_other() -> None:
    from mobilenet_perception.ros.signal_regions.parameters import (
        SIGNAL_REGIONS_PARAMETERS,
        mapped_camera_parameters,
    )

    declared = {**SIGNAL_REGIONS_PARAMETERS, **mapped_camera_parameters('<camera>')}
    check_parameters(PARAMETERS.table(*OF_SIGNAL_REGIONS), declared, run_time=False)


@pytest.mark.parametrize(
    ('page', 'heading', 'name'),
    [
        ('docs/parameters.md', 'Arguments of the launch file', 'classify.launch.py'),
        ('docs/replays.md', 'With ros2 bag play', 'replay.launch.py'),
        ('docs/simulation.md', 'In Gazebo', 'simulate.launch.py'),
        ('docs/regions.md', 'From a detector', 'examples/detector.launch.py'),
    ],
)
def test_every_argument_of_a_launch_file_and_no_other(page: str, heading: str, name: str) -> None:
    rows = read_page(page).table(*OF_A_LAUNCH_FILE, after=heading)
    stated = {name: default for names, default, _ in rows for name in code(names)}
    known = launch_arguments(name)
    own = own_launch_arguments(launch_file(name))
    assert set(own) <= set(stated) <= set(known)
    for argument, default in own.items():
        if default is not None:
            assert stated[argument] == (f'`{default}`' if default else ''), argument


def test_every_runtime_has_a_row() -> None:
    rows = read_page('docs/engines.md').table('Runtime', 'Runs on', 'Comes from')
    assert [name for row in rows for name in code(row[0])] == list(RUNTIMES)


def test_every_key_of_the_timing_and_no_other() -> None:
    rows = read_page('docs/topics.md').table('Key', 'Meaning')
    # The header of the message tells the camera's stamp, and its topic the camera.
    assert {row[0].strip('`') for row in rows} == set(FrameRecord._fields) - {'camera', 'stamp_ns'}


def test_every_outcome_and_no_other() -> None:
    rows = read_page('docs/budget.md').table('Outcome', 'What became of the frame')
    assert [row[0] for row in rows] == [f'`{outcome}`' for outcome in Outcome]


def test_every_command_has_a_row_and_an_example() -> None:
    page = read_page('docs/tools.md')
    named = [name for row in page.table('Command', 'What') for name in code(row[0])]
    assert sorted(named) == sorted(PROGRAM.commands)
    for name in PROGRAM.commands:
        assert f'python -m mobilenet_perception {name}' in page.shell, name


def test_every_benchmark_has_a_row() -> None:
    rows = read_page('docs/measurements.md').table('Command', 'Asks')
    named = {match for row in rows for match in re.findall(r'benchmarks\.(\w+)', row[0])}
    named |= {'gpu'} if any('benchmarks/gpu.sh' in row[0] for row in rows) else set()
    programs = {
        path.stem
        for path in (ROOT / 'benchmarks').glob('*.py')
        if "__name__ == '__main__'" in path.read_text(encoding='utf-8')
    }
    assert named == programs


@pytest.mark.parametrize('page', all_pages(), ids=lambda page: str(page.path))
def test_no_figure_without_its_command(page: Page) -> None:
    for head, *rows in page.tables():
        if 'Figure' in head:
            assert head[-1] == 'Command'
            for row in rows:
                (command,) = code(row[-1])
                assert command.startswith(('make ', 'python -m ', '.venv-training/', 'training '))


def test_the_readme_has_the_ten_figures_that_decide() -> None:
    assert len(read_page('README.md').table('What', 'Figure', 'Command')) == 10
