# SPDX-License-Identifier: Apache-2.0
"""Replays spread with Ray, which only the environment of training/ has."""

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.tools.cli import main
from mobilenet_perception.tools.cluster import ray_cluster
from tests.support import ROOT
from tests.support.ray_nodes import outsider

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec('ray') is None, reason='Ray is not installed: pip install ray'
)


def test_bags_are_spread_and_give_what_they_give_here(
    tiny: Path, labelled_bag: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bags = tmp_path / 'bags'
    for name in ('a', 'b'):
        shutil.copytree(labelled_bag, bags / name)
    (bags / 'c.mcap').write_bytes(b'no bag')
    here, there = tmp_path / 'here.json', tmp_path / 'there.json'
    command = ['replay', str(bags), '--bundle', str(tiny), '--json']
    assert main([*command, str(here)]) == 1
    assert main([*command, str(there), '--address', 'local']) == 1
    assert 'c.mcap' in capsys.readouterr().err

    def labels(path: Path) -> list[tuple[str, list[str]]]:
        values = json.loads(path.read_text())
        assert list(values['errors']) == [str(bags / 'c.mcap')]
        return [
            (one['source'], [frame['label'] for frame in one['cameras']['camera']['frames']])
            for one in values['reports']
        ]

    assert labels(here) == labels(there)
    assert len(labels(there)) == 2


def test_a_cluster_that_does_not_answer_is_one_sentence() -> None:
    with pytest.raises(PerceptionError, match='check --address'), ray_cluster('127.0.0.1:1', '/'):
        pass


def test_what_no_machine_has_room_for_is_one_sentence(
    tiny: Path, labelled_bag: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ['replay', str(labelled_bag), str(labelled_bag), '--bundle', str(tiny)]
    assert main([*command, '--threads', '64', '--address', 'local']) == 1
    assert 'no machine of the cluster has 64 CPU' in capsys.readouterr().err


def test_ray_on_this_machine_leaves_no_token_and_ignores_other_clusters(tmp_path: Path) -> None:
    program = (
        'from mobilenet_perception.tools.cluster import ray_cluster\n'
        'with ray_cluster("local", "/"):\n'
        '    import ray\n'
        '    print(len(ray.nodes()))\n'
    )
    environment = {**outsider(), 'HOME': str(tmp_path), 'RAY_ADDRESS': '127.0.0.1:1'}
    done = subprocess.run(
        [sys.executable, '-c', program],
        env={**environment, 'PYTHONPATH': str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, '1\n'), done.stderr
    assert not (tmp_path / '.ray').exists()
