# SPDX-License-Identifier: Apache-2.0
"""`make test`: both halves at once, each shown whole, and a half that fails fails it."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.scripts.machine import Machine

PATIENCE_S = 60.0
# Tests of a half that end when those of the other have begun.
HALF = """
half=training other=runtime
case "$*" in *--ignore=tests/training*) half=runtime other=training ;; esac
echo "$half begins, bytecode: ${PYTHONDONTWRITEBYTECODE-kept}"
: >"$half"
for ((tries = 0; tries < 600; tries++)); do [ -e "$other" ] && break; sleep 0.1; done
[ -e "$other" ] && echo "$half ends"
[ "$half" != "${FAILING-}" ]
"""


def halves(root: Path, folder: Path, tests: str) -> Machine:
    """Make a machine on which both environments are made, and tests are what is given."""
    machine = Machine.make(root, folder)
    machine.write_uv(python=machine.write_python('tested', tests=tests))
    done = machine.run('make', 'setup', 'setup-training')
    assert done.returncode == 0, done.stderr
    return machine


def make_test(machine: Machine, **variables: str) -> 'subprocess.CompletedProcess[str]':
    return machine.run('make', 'test', **variables)


def test_both_halves_run_at_once_and_each_is_shown_whole(root: Path, tmp_path: Path) -> None:
    machine = halves(root, tmp_path, HALF)
    done = make_test(machine, PYTHONDONTWRITEBYTECODE='1')
    assert (done.returncode, done.stderr) == (0, '')
    lines = done.stdout.splitlines()
    assert sorted(lines) == [
        'runtime begins, bytecode: kept', 'runtime ends',
        'training begins, bytecode: kept', 'training ends',
    ]  # fmt: skip
    assert lines.index('runtime ends') == lines.index('runtime begins, bytecode: kept') + 1


@pytest.mark.parametrize('half', ['runtime', 'training'])
def test_a_half_that_fails_fails_both_and_the_other_ends(
    root: Path, tmp_path: Path, half: str
) -> None:
    done = make_test(halves(root, tmp_path, HALF), FAILING=half)
    assert done.returncode != 0
    assert {'runtime ends', 'training ends'} <= set(done.stdout.splitlines())
    assert f'test-{half}] Error 1' in done.stderr


def test_ctrl_c_ends_both(root: Path, tmp_path: Path) -> None:
    machine = halves(root, tmp_path, HALF.replace('[ -e "$other" ] && break; ', ''))
    process = machine.start('make', 'test')
    begun = [machine.checkout / half for half in ('runtime', 'training')]
    end_s = time.monotonic() + PATIENCE_S
    while not all(path.exists() for path in begun):
        assert time.monotonic() < end_s
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode != 0
    assert 'ends' not in said
