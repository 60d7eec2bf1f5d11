# SPDX-License-Identifier: Apache-2.0
"""The Dockerfile copies what there is and starts what is installed; it is not built here."""

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from mobilenet_perception.tools.cli import PROGRAM
from tests.packaging.test_install import COPIED, PACKAGE


@pytest.fixture(scope='module')
def steps(root: Path) -> list[tuple[str, str]]:
    """Instructions with their arguments, lines that go on put together."""
    text = (root / 'docker' / 'Dockerfile').read_text(encoding='utf-8').replace('\\\n', ' ')
    lines = [line for line in text.splitlines() if line and not line.startswith('#')]
    return [(name, rest.strip()) for name, _, rest in (line.partition(' ') for line in lines)]


def arguments(steps: list[tuple[str, str]], name: str) -> list[str]:
    return [rest for found, rest in steps if found == name]


def copied(steps: list[tuple[str, str]]) -> list[str]:
    return [source for rest in arguments(steps, 'COPY') for source in rest.split()[:-1]]


def test_it_copies_all_that_the_package_is_built_of(
    root: Path, steps: list[tuple[str, str]]
) -> None:
    assert [source for source in copied(steps) if not (root / source).exists()] == []
    assert {*COPIED, 'package.xml', 'setup.py', 'setup.cfg'} <= set(copied(steps))
    for rest in arguments(steps, 'COPY'):
        *sources, target = rest.split()
        # A folder is copied as its content.
        assert target == f'src/{PACKAGE}/' + (sources[0] if (root / sources[0]).is_dir() else '')


def test_nothing_else_is_sent_to_the_builder(root: Path, steps: list[tuple[str, str]]) -> None:
    lines = (root / 'docker' / 'Dockerfile.dockerignore').read_text(encoding='utf-8').splitlines()
    assert lines[1] == '*'
    assert sorted(line[1:] for line in lines if line.startswith('!')) == sorted(copied(steps))


def test_the_base_can_be_chosen_and_needs_no_host(steps: list[tuple[str, str]]) -> None:
    (image,) = arguments(steps, 'ARG')
    assert arguments(steps, 'FROM') == ['${BASE_IMAGE}']
    assert re.fullmatch(r'BASE_IMAGE=[a-z]+/[a-z]+:[a-z0-9.-]+', image)


def test_it_starts_what_is_installed(root: Path, steps: list[tuple[str, str]]) -> None:
    assert ElementTree.parse(root / 'package.xml').findtext('name') == PACKAGE
    runs = ' '.join(arguments(steps, 'RUN'))
    assert f'--packages-select {PACKAGE} ' in runs
    (command,) = arguments(steps, 'CMD')
    assert command == f'["ros2", "launch", "{PACKAGE}", "classify.launch.py"]'
    assert (root / 'launch' / 'classify.launch.py').is_file()
    # OpenCV and TensorRT are JetPack's.
    (pip,) = re.findall(r'pip install (.*?) (?=COPY|source)', runs)
    assert re.findall(r"'(\w+)[<>]", pip) == ['onnxruntime', 'numpy', 'jinja2', 'psutil', 'rich']


def test_the_guide_builds_this_file_and_names_commands_that_exist(root: Path) -> None:
    guide = (root / 'docs' / 'jetson.md').read_text(encoding='utf-8')
    assert 'docker build -f docker/Dockerfile ' in guide
    named = set(re.findall(rf'-m {PACKAGE} (\w+)', guide))
    assert {'env', 'check', 'benchmark'} <= named & set(PROGRAM.commands)
