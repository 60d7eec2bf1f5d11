# SPDX-License-Identifier: Apache-2.0
"""Received equals the sum of outcomes, whatever is done to the node: a short run of the benchmark.

`python -m benchmarks.accounting` does the same with 20,000 frames.
"""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.usefixtures('each_executor')
def test_every_frame_has_its_outcome(environment: dict[str, str], root: Path) -> None:
    done = subprocess.run(
        [sys.executable, '-m', 'benchmarks.accounting', '--frames', '1800', '--rate', '100'],
        env=environment,
        cwd=root,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert 'Traceback' not in done.stderr
