# SPDX-License-Identifier: Apache-2.0
"""package.xml, setup.py, the constraint files and the parameter file agree with the code."""

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest
import yaml

from mobilenet_perception import __version__
from mobilenet_perception.pipeline import parameters
from mobilenet_perception.tools.cli import PROGRAM

PIN = re.compile(
    r'(?P<name>[a-z0-9][a-z0-9-]*)==(?P<version>[0-9][0-9a-z.]*)'
    r"(?:; python_version (?P<relation><|>=|==) '3\.1[0-2]')?\Z"
)


def pins(path: Path) -> list[str]:
    lines = path.read_text(encoding='utf-8').splitlines()
    return [line for line in lines if line and not line.startswith('#')]


def setup_of(root: Path, *arguments: str) -> dict[str, Any]:
    """What setup.py tells setuptools when it is run with these arguments."""
    ask = (
        'import json, runpy, setuptools; '
        'setuptools.setup = lambda **said: print(json.dumps(said)); runpy.run_path("setup.py")'
    )
    command = [sys.executable, '-c', ask, *arguments]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def test_package_xml_is_valid(root: Path) -> None:
    catkin_pkg = pytest.importorskip('catkin_pkg.package', reason='needs catkin_pkg')
    package = catkin_pkg.parse_package(str(root / 'package.xml'))
    warnings: list[str] = []
    package.validate(warnings=warnings)
    assert not warnings
    assert package.package_format == 3
    assert package.name == 'mobilenet_perception'
    assert package.licenses == ['Apache-2.0']
    assert package.get_build_type() == 'ament_python'
    assert {
        'rclpy', 'vision_msgs', 'python3-numpy', 'python3-opencv', 'python3-psutil',
        'python3-jinja2', 'python3-rich',
    } <= {depend.name for depend in package.exec_depends}  # fmt: skip


def test_one_version(root: Path) -> None:
    version = ElementTree.parse(root / 'package.xml').findtext('version')
    ask = [sys.executable, 'setup.py', '--version']
    done = subprocess.run(ask, cwd=root, capture_output=True, text=True, check=True)
    assert version == done.stdout.split()[-1] == __version__


def test_every_ros_package_imported_is_declared(root: Path) -> None:
    declared = {
        element.text
        for element in ElementTree.parse(root / 'package.xml').getroot()
        if element.tag.endswith('depend')
    }
    ros = re.compile(r'^\s*(?:from|import) (rclpy|launch|launch_ros|ament_index_python|\w+_msgs'
                     r'|rcl_interfaces|cv_bridge)\b', re.M)  # fmt: skip
    used = {
        name
        for folder in ('mobilenet_perception', 'launch')
        for path in (root / folder).rglob('*.py')
        for name in ros.findall(path.read_text(encoding='utf-8'))
    }
    assert used
    assert used <= declared


@pytest.mark.parametrize('name', ['common', 'jazzy', 'kilted', 'training'])
def test_constraints_are_plain_pins(root: Path, name: str) -> None:
    lines = pins(root / 'constraints' / f'{name}.txt')
    assert lines
    assert [line for line in lines if not PIN.match(line)] == []
    assert lines == sorted(lines, key=lambda line: line.split('==')[0])


def test_no_package_is_pinned_in_two_files(root: Path) -> None:
    names = {
        path.stem: {line.split('==')[0] for line in pins(path)}
        for path in (root / 'constraints').glob('*.txt')
    }
    assert not names['common'] & (names['jazzy'] | names['kilted'] | names['training'])


def test_all_of_setup_is_pinned(root: Path) -> None:
    pinned = {
        line.split('==')[0] for path in (root / 'constraints').glob('*.txt') for line in pins(path)
    }
    said = setup_of(root)
    wanted = {
        re.split(r'[\[<>=;]', requirement)[0].lower()
        for requirements in (said['install_requires'], *said['extras_require'].values())
        for requirement in requirements
    }
    assert {'onnxruntime', 'ros-rclpy', 'rosbags', 'colcon-core'} <= wanted
    assert wanted <= pinned


@pytest.mark.parametrize('command', ['install', 'develop', 'bdist_wheel', 'editable_wheel'])
def test_tools_are_executables_of_ros_and_not_of_pip(root: Path, command: str) -> None:
    """Those of pip are on PATH, where `env` and `watch` would hide the system's."""
    scripts = setup_of(root, command)['entry_points']['console_scripts']
    names = {script.split(' = ')[0] for script in scripts}
    assert {'advisor', 'classifier', 'signal_regions', 'simulation_driver'} <= names
    tools = names & set(PROGRAM.commands)
    assert tools == (set(PROGRAM.commands) if command in ('install', 'develop') else set())


def parameter_file(root: Path) -> dict[str, Any]:
    text = (root / 'config' / 'classifier.yaml').read_text(encoding='utf-8')
    loaded: dict[str, Any] = yaml.safe_load(text)['/**']['ros__parameters']
    return loaded


def test_parameter_file_states_the_defaults_of_declared_parameters(root: Path) -> None:
    stated = parameter_file(root)
    camera = stated.pop('camera')
    flat = {**stated, **{f'camera.{name}': value for name, value in camera.items()}}
    declared = {**parameters.NODE_PARAMETERS, **parameters.camera_parameters('camera')}
    for name, value in flat.items():
        assert name in declared
        assert value == declared[name].default
        assert type(value) is type(declared[name].default)


def test_parameter_file_names_every_parameter(root: Path) -> None:
    text = (root / 'config' / 'classifier.yaml').read_text(encoding='utf-8')
    declared = {**parameters.NODE_PARAMETERS, **parameters.camera_parameters('camera')}
    missing = [
        name
        for name in declared
        if not re.search(rf'^ +(# )?{re.escape(name.removeprefix("camera."))}:', text, re.M)
    ]
    assert not missing


@pytest.mark.parametrize('name', ['fastdds_large_images.xml', 'fastdds_localhost.xml'])
def test_fastdds_profile_gives_images_room(root: Path, name: str) -> None:
    space = '{http://www.eprosima.com/XMLSchemas/fastRTPS_Profiles}'
    tree = ElementTree.parse(root / 'config' / name)
    segment = tree.findtext(f'.//{space}transport_descriptor/{space}segment_size')
    assert segment is not None and int(segment) == 64 * 2**20
