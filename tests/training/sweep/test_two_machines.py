# SPDX-License-Identifier: Apache-2.0
"""Two real nodes of Ray: a sweep and a replay over them, one of which dies half-way."""

import importlib.util
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import ROOT
from tests.support.ray_nodes import Cluster, outsider, ray_nodes, wait_for
from training.sweep.record import read_trials

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec('ray') is None, reason='Ray is not installed: pip install ray'
)

CONFIGURATION = """
from training.configuration import Configuration, Data, Network, Stage


def configurations():
    data = Data('signs', validation_share=0.2, test_share=0.4)
    network = Network('separable_cnn', 0.5)
    stages = (Stage(1, 16, 16),)
    return [Configuration('tiny', stages, data=data, network=network, steps=3, batch_size=16)]
"""
# A machine under load starts Ray's processes, with TensorFlow in them, in minutes.
PATIENCE_S = 400.0


@pytest.fixture(scope='module')
def cluster() -> Iterator[Cluster]:
    with (
        tempfile.TemporaryDirectory(prefix='ray-', ignore_cleanup_errors=True) as folder,
        ray_nodes(Path(folder)) as nodes,
    ):
        yield nodes


def start(
    arguments: list[object], folder: Path, environment: dict[str, str]
) -> 'subprocess.Popen[str]':
    """Start a command in a folder, as from a terminal there."""
    return subprocess.Popen(
        [sys.executable, '-m', *map(str, arguments)],
        cwd=folder,
        env={**environment, 'PYTHONPATH': str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def bags(labelled_bag: Path, tmp_path: Path) -> Path:
    for name in 'abcdef':
        shutil.copytree(labelled_bag, tmp_path / 'bags' / name)
    return tmp_path / 'bags'


def test_a_replay_is_whole_though_a_machine_dies(
    cluster: Cluster, bags: Path, tiny: Path, tmp_path: Path
) -> None:
    cluster.join()
    command = ['mobilenet_perception', 'replay', bags.name, '--bundle', tiny, '--paced']
    command += ['--json', 'out.json', '--address', cluster.address]
    playing = start(command, tmp_path, cluster.environment)
    wait_for(lambda: cluster.works('_play_there') or playing.poll() is not None, PATIENCE_S)
    assert playing.poll() is None
    cluster.kill_worker()
    out, said = playing.communicate(timeout=PATIENCE_S)
    assert playing.returncode == 0, out + said
    found = json.loads((tmp_path / 'out.json').read_text())
    assert not found['errors']
    assert [one['source'] for one in found['reports']] == [f'bags/{name}' for name in 'abcdef']


def test_a_sweep_is_whole_though_a_machine_dies(
    cluster: Cluster, data: Path, tmp_path: Path
) -> None:
    cluster.join()
    (tmp_path / 'tiny.py').write_text(CONFIGURATION)
    command = ['training', 'sweep', data, '--config', 'tiny.py', '--address', cluster.address]
    command += ['--vary', 'network.alpha=0.5,1.0']
    training = start(command, tmp_path, cluster.environment)
    wait_for(
        lambda: cluster.works('training.sweep.worker') or training.poll() is not None, PATIENCE_S
    )
    assert training.poll() is None
    cluster.kill_worker()
    out, said = training.communicate(timeout=PATIENCE_S)
    assert training.returncode == 0, out + said
    assert 'what each attribute did to accuracy, over 2 trials' in out
    folder = tmp_path / 'sweeps' / 'tiny_alpha'
    assert [trial.failed for trial in read_trials(folder)] == ['', '']


@pytest.mark.parametrize(
    ('variables', 'says'),
    [({}, 'asks for a token'), ({'RAY_AUTH_TOKEN': 'f' * 64}, 'does not take the token')],
)
def test_who_has_no_token_is_told_what_helps(
    cluster: Cluster, variables: dict[str, str], says: str, bags: Path, tiny: Path, tmp_path: Path
) -> None:
    environment = {**outsider(), 'HOME': str(tmp_path), **variables}
    command = ['mobilenet_perception', 'replay', bags, '--bundle', tiny]
    playing = start([*command, '--address', cluster.address], tmp_path, environment)
    _, said = playing.communicate(timeout=PATIENCE_S)
    assert playing.returncode == 1
    assert said.count('\n') == 1, said
    assert says in said
    assert 'RAY_AUTH_MODE=token' in said
    assert 'RAY_AUTH_TOKEN' in said
