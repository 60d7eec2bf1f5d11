# SPDX-License-Identifier: Apache-2.0
"""The example replay tests notice what breaks, and name the cause."""

import ast
import importlib.util
import json
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mobilenet_perception.system.files import sealed_json
from mobilenet_perception.tools.cli import main
from tests.docs.pages import example_commands
from tests.examples.conftest import Pytest, region

FAST = 'test_street.py::test_labels'
PACED = 'test_street.py::test_in_time'
PATIENCE_S = 100.0


@pytest.fixture(scope='module')
def golden(examples: Path, run_pytest: Pytest) -> Path:
    """The folder with the golden files of what is right."""
    done = run_pytest(examples, FAST, PACED, '--replay-update')
    # Whether a busy machine keeps a budget is not what is tested here.
    assert (examples / 'street.golden.json').is_file(), done.stdout
    assert (examples / 'street_paced.golden.json').is_file(), done.stdout
    return examples


def test_nothing_changed_nothing_fails(golden: Path, run_pytest: Pytest) -> None:
    done = run_pytest(golden, FAST)
    assert done.returncode == 0, done.stdout
    assert '1 passed' in done.stdout


def test_labels_that_were_swapped_are_named(
    golden: Path, default_bundle: Path, tmp_path: Path, run_pytest: Pytest
) -> None:
    bundle = tmp_path / 'swapped'
    shutil.copytree(default_bundle, bundle)
    value = json.loads((bundle / 'bundle.json').read_text(encoding='utf-8'))
    first, second = (value['labels'].index(name) for name in ('pedestrians', 'speed_limit'))
    value['labels'][first], value['labels'][second] = 'speed_limit', 'pedestrians'
    value.pop('digest')
    (bundle / 'bundle.json').write_bytes(sealed_json(value))
    done = run_pytest(golden, FAST, '--replay-bundle', bundle)
    assert done.returncode == 1
    assert 'cause: pedestrians and speed_limit are exchanged: in 18 of 18 frames' in done.stdout
    assert 'pedestrians and speed_limit have changed places in the list of the labels' in (
        done.stdout
    )
    assert 'first wrong: frame 13 of 30, at 1.200 s' in done.stdout
    assert 'Traceback' not in done.stdout and 'replayer.py' not in done.stdout


def test_every_tenth_frame_missing_is_named(golden: Path, run_pytest: Pytest) -> None:
    done = run_pytest(golden, FAST, '--replay-fault', 'skip=10')
    assert done.returncode == 1
    assert 'cause: every 10th frame is missing (3 of 30)' in done.stdout


def test_twenty_milliseconds_more_are_named(golden: Path, run_pytest: Pytest) -> None:
    done = run_pytest(golden, PACED, '--replay-fault', 'stall=20')
    assert done.returncode == 1
    assert 'became slower by more than the 10 ms' in done.stdout
    # How many more, and of which variant, depends on what else the machine does.
    cause = re.search(r'the inference of variant \S+ takes (\d+\.\d) ms more', done.stdout)
    assert cause is not None and float(cause[1]) > 10.0


def test_over_dds_no_frame_is_lost(examples: Path, run_pytest: Pytest) -> None:
    pytest.importorskip('rclpy', reason='needs rclpy: ROS 2 or its wheels')
    pytest.importorskip('vision_msgs', reason='needs vision_msgs, which `make setup` builds')
    done = run_pytest(examples, 'test_street.py::test_over_dds')
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope='module')
def drawn(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the examples, with the recording that their texts tell to draw."""
    folder = tmp_path_factory.mktemp('drawn') / 'examples'
    shutil.copytree(root / 'examples', folder, ignore=shutil.ignore_patterns('__pycache__'))
    (write,) = (line for line in example_commands('test_street.py') if ' bag write ' in line)
    # The other differs in how it is stored.
    (other,) = (
        line for line in example_commands('replay_launch_test.py') if ' bag write ' in line
    )
    assert other.split()[: len(write.split())] == write.split()
    _, _, _, *arguments = write.split()
    assert main([word.replace('examples/', f'{folder}/') for word in arguments]) == 0
    return folder


def test_the_drawn_street_is_as_its_test_says(drawn: Path, run_pytest: Pytest) -> None:
    done = run_pytest(drawn, FAST, '--replay-update')
    assert done.returncode == 0, done.stdout


def test_the_drawn_street_shows_what_the_launch_test_waits_for(root: Path, drawn: Path) -> None:
    out = drawn / 'report.json'
    where = ','.join(map(str, region(root)))
    assert main(['replay', str(drawn / 'street'), '--roi', where, '--json', str(out)]) == 0
    frames = json.loads(out.read_text(encoding='utf-8'))['cameras']['camera']['frames']
    assert 'pedestrians' in {frame['decision'] for frame in frames}


def test_the_launch_test_hears_what_it_waits_for_from_the_real_node(
    root: Path, drawn: Path, default_bundle: Path, environment: dict[str, str]
) -> None:
    """All of the launch test but launch and rosbag2, which do not come in wheels."""
    pytest.importorskip('vision_msgs', reason='needs vision_msgs, which `make setup` builds')
    source = ast.parse((root / 'examples' / 'replay_launch_test.py').read_text(encoding='utf-8'))
    judge = next(item for item in source.body if isinstance(item, ast.FunctionDef)
                 and item.name.startswith('test_'))  # fmt: skip
    judge.decorator_list = []
    text = (
        'import rclpy\nfrom vision_msgs.msg import Classification\nPATIENCE_S = 90.0\n'
        f'{ast.unparse(judge)}\n{judge.name}()\n'
    )
    node = [
        *('-m', 'mobilenet_perception.ros.classifier', '--ros-args'),
        *('--params-file', str(drawn / 'street.yaml'), '-p', f'bundle:={default_bundle}'),
        *('-p', 'latency_budget_ms:=1000.0'),
    ]
    player = ['-m', 'mobilenet_perception.tools.replay.ros.player', str(drawn / 'street')]
    commands = [node, ['-c', text], player]
    processes = [
        subprocess.Popen([sys.executable, *words], cwd=root, env=environment) for words in commands
    ]
    classifier, judged, played = processes
    try:
        assert judged.wait(timeout=PATIENCE_S) == 0
        assert played.wait(timeout=PATIENCE_S) == 0
    finally:
        for process in processes:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                process.wait(timeout=PATIENCE_S)
    assert classifier.returncode == 0


def test_the_launch_test_is_sound_python(root: Path) -> None:
    path = root / 'examples' / 'replay_launch_test.py'
    compile(path.read_text(encoding='utf-8'), str(path), 'exec')
    assert 'replay.launch.py' in path.read_text(encoding='utf-8')
    assert (root / 'launch' / 'replay.launch.py').is_file()


def test_the_launch_test_under_launch(examples: Path, run_pytest: Pytest) -> None:
    for name in ('launch_pytest', 'rosbag2_py'):
        if importlib.util.find_spec(name) is None:
            pytest.skip(f'needs {name}: it comes with ROS 2, not in wheels')
    done = run_pytest(examples, 'replay_launch_test.py')
    assert done.returncode == 0, done.stdout
