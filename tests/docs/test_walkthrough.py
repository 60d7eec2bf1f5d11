# SPDX-License-Identifier: Apache-2.0
"""The commands of the pages, run one after the other as a reader would; the rest has a reason.

A new command in a page is run here, or stands in `ELSEWHERE` with what runs it or why nothing can.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest

from mobilenet_perception.frames.messages import image_message
from mobilenet_perception.inference.bundle import load_bundle
from mobilenet_perception.recordings import (
    EPOCH_NS,
    BagOptions,
    Source,
    SourceCamera,
    SourceFrame,
    write_bag,
)
from mobilenet_perception.tools.cli import main
from tests.docs.command_lines import aliases, split_commands
from tests.docs.pages import Page, all_pages
from tests.support import ROOT
from tests.support.tiny_bundle import LABELS
from tests.tools.bundle.importer.models import model

PROGRAM = ['-m', 'mobilenet_perception']
# First words of what is not run here, and why.
ELSEWHERE = {
    'make': 'sets up, tests and lints: the set-up has tests/scripts, `make help` test_commands.py',
    'python -m pytest': 'runs tests: these',
    'ros2': 'needs an installation of ROS 2: tests/launch',
    'training': 'needs TensorFlow: tests/training runs its commands on small networks',
    'pip': 'installs', 'python -m pip': 'installs', 'rosdep': 'installs', 'apt': 'installs',
    'python -m venv': 'installs',
    'colcon': 'builds: tests/packaging', 'python -m colcon': 'builds: tests/packaging',
    'docker': 'needs a Jetson', 'nvpmodel': 'needs a Jetson', 'jetson_clocks': 'needs a Jetson',
    '.': 'prepares a shell', 'alias': 'prepares a shell', 'export': 'prepares a shell',
    'tee': 'is of the system',
    f'python {" ".join(PROGRAM)} benchmark': 'measures for minutes: tests/tools/benchmark',
    f'python {" ".join(PROGRAM)} build': 'needs TensorRT: tests/tools/bundle/test_engines.py',
    f'python {" ".join(PROGRAM)} bundle import mine.onnx --labels labels.txt -o bundles/mine':
        'asks for the scaling: tests/tools/bundle/importer',
    f'python {" ".join(PROGRAM)} bundle import *.tflite':
        'TensorFlow makes such files: tests/training/bundle/test_import.py',
    f'python {" ".join(PROGRAM)} bundle import large.tflite': 'the same',
    f'python {" ".join(PROGRAM)} doctor': 'hears a running graph: tests/tools/doctor',
    f'python {" ".join(PROGRAM)} demo': 'plays over DDS: tests/tools/replay/test_demo.py',
    f'python {" ".join(PROGRAM)} simulate': 'drives a whole street: tests/tools/simulate',
    f'python {" ".join(PROGRAM)} watch': 'goes on until it is stopped: tests/tools/watch',
    'ray': 'joins machines: tests/training/sweep/test_two_machines.py',
    f'python {" ".join(PROGRAM)} replay /shared/bags': 'on joined machines: the same test',
    f'python {" ".join(PROGRAM)} replay drive/ --ros': 'plays over DDS: tests/tools/replay/ros',
}  # fmt: skip
# Reads a bag, though its first words are those of one that hears a graph.
_RUN = (f'python {" ".join(PROGRAM)} doctor --bag',)
_PYTHONS = {'python', 'python3', '.venv/bin/python', '.venv-training/bin/python'}
_ASSIGNED = re.compile(r'[A-Z_]+=')


def documented(page: Page) -> Iterator[list[str]]:
    """Give the words of each command of a page, in their order, without aliases and `sudo`."""
    known = aliases('\n'.join(page.shell for page in all_pages()))
    for written in split_commands(page.shell):
        first = next(
            (i for i, word in enumerate(written) if word != 'sudo' and not _ASSIGNED.match(word)),
            len(written),
        )
        words = written[first:]
        if words and words[0] != 'training':
            words = [*known.get(words[0], words[:1]), *words[1:]]
        if words:
            yield ['python' if words[0] in _PYTHONS else words[0], *words[1:]]


def is_run(words: list[str]) -> bool:
    line = f'{" ".join(words)} '
    return line.startswith(_RUN) or not any(line.startswith(f'{start} ') for start in ELSEWHERE)


COMMANDS = {str(page.path): list(documented(page)) for page in all_pages()}
RUN = {name: found for name in COMMANDS if (found := [w for w in COMMANDS[name] if is_run(w)])}


def test_only_commands_of_this_package_are_run_and_every_reason_is_needed() -> None:
    run = [words for commands in RUN.values() for words in commands]
    assert all(words[:3] == ['python', *PROGRAM] for words in run), run
    assert len(run) >= 20
    lines = [f'{" ".join(words)} ' for commands in COMMANDS.values() for words in commands]
    for start in ELSEWHERE:
        assert any(line.startswith(f'{start} ') for line in lines), f'no page says {start}'


@pytest.fixture
def reader(default_bundle: Path, tmp_path: Path) -> Path:
    """The folder of a reader, with what the pages name and no command of theirs makes."""
    folder = tmp_path
    golden = load_bundle(default_bundle)
    pictures = [default_bundle / item.file for item in golden.manifest.golden]
    (folder / 'bundles').mkdir()
    shutil.copytree(default_bundle, folder / 'bundles' / 'mine')
    shutil.copy(pictures[0], folder / 'sign.png')
    for place in ('photos', 'more', 'elsewhere'):
        (folder / place).mkdir()
        shutil.copy(pictures[1], folder / place / 'a.jpg')
    onnx.save(model(), folder / 'mine.onnx')
    (folder / 'labels.txt').write_text('\n'.join(LABELS))
    frames = []
    for number in range(12):
        stamp_ns = EPOCH_NS + number * 10**8
        item = golden.manifest.golden[number // 6]
        picture = cv2.resize(golden.golden_images[item.file], (96, 96))
        message = image_message(np.asarray(picture, np.uint8), stamp_ns, 'camera')
        frames.append(SourceFrame('camera', stamp_ns, stamp_ns, message, item.label, True))
    camera = SourceCamera('camera', '/camera/image_raw', compressed=False)
    source = Source('crossing', (camera,), iter(frames))
    write_bag(source, folder / 'bags' / 'crossing', BagOptions())
    # What a robot has recorded has no labels yet.
    shutil.copytree(folder / 'bags' / 'crossing', folder / 'drive')
    (folder / 'drive' / 'labels.json').unlink()
    return folder


@pytest.mark.parametrize('page', RUN)
def test_the_commands_run_one_after_the_other(
    page: str,
    reader: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(reader)
    monkeypatch.setenv('MOBILENET_PERCEPTION_ENGINES', str(reader / 'engines'))
    if any(words[3:6] == ['bag', 'write', 'drive'] for words in RUN[page]):
        shutil.rmtree(reader / 'drive')
    for command in RUN[page]:
        # Two seconds of a drive show as well as ten that the commands run.
        short = ['2' if before == '--seconds' else word for before, word in pairwise(command)]
        status = main(short[2:])
        said = capsys.readouterr()
        assert status == 0, f'{" ".join(command)}: {said.out[-2000:]}{said.err[-2000:]}'
        assert 'Traceback' not in said.err


def test_a_command_runs_as_a_program_too(reader: Path) -> None:
    done = subprocess.run(
        [sys.executable, *PROGRAM, 'classify', str(reader / 'sign.png')],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
