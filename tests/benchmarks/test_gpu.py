# SPDX-License-Identifier: Apache-2.0
"""The GPU check runs to where it needs a GPU, and says there what is missing."""

import subprocess
from pathlib import Path

import pytest

from tests.support.tiny_bundle import write_tiny_bundle
from tests.system.test_cuda import without_gpu

pytest.importorskip('onnxruntime')


@without_gpu
def test_a_machine_without_a_gpu_gets_one_sentence(root: Path, tmp_path: Path) -> None:
    write_tiny_bundle(tmp_path / 'tiny')
    script = root / 'benchmarks' / 'gpu.sh'
    done = subprocess.run(
        [script, '--bundle', 'tiny', '--frames', '2', '--json', 'gpu.json'],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 1
    # The scores of the CPU are there by then.
    assert done.stderr.startswith('tiny ...\nerror: ')
    assert done.stderr.count('\n') == 2
    assert 'install' in done.stderr or 'nvidia-smi' in done.stderr
    assert done.stdout == ''
    assert not (tmp_path / 'gpu.json').exists()
