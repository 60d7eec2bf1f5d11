# SPDX-License-Identifier: Apache-2.0
"""Make the virtual environment that the commands of the Makefile run in; needs no package."""

import argparse
import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from environment_plan import Plan, SetupError, plan_environment
from prerequisites import check_prerequisites
from progress import Progress, run_with_progress

ROOT = Path(__file__).resolve().parents[1]
# Variables that would lead another Python, or another environment's libraries, into this one.
_FOREIGN = ('PYTHONHOME', 'PYTHONPATH', 'VIRTUAL_ENV', '__PYVENV_LAUNCHER__')


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        'kind', nargs='?', default='runtime', choices=('runtime', 'training'),
        help='runtime: .venv, for the node and its tools; training: .venv-training, TensorFlow',
    )  # fmt: skip
    try:
        plan = plan_environment(parser.parse_args().kind, ROOT, os.environ)
        with (ROOT / 'setup.py').open() as lock:
            _wait_for(lock.fileno())
            if is_ready(plan):
                return 0
            check_prerequisites(plan)
            make_environment(plan)
    except SetupError as error:
        print(f'setup: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print('\nsetup: interrupted; run it again to go on', file=sys.stderr)
        return 130
    return 0


def make_environment(plan: Plan) -> None:
    """Make the environment anew and stamp it; what pip has loaded before comes from its cache.

    Raises:
        SetupError: a step fails.
    """
    began = time.monotonic()
    log = plan.folder.with_name(f'{plan.folder.name}.log')
    log.unlink(missing_ok=True)
    progress = Progress(sys.stdout)
    print(f'Setting up {plan.folder.name}: Python {plan.python}, {plan.ros}', flush=True)
    # A half-made environment is not mended: what pip had begun to install might be incomplete.
    shutil.rmtree(plan.folder, ignore_errors=True)
    environment = clean_environment(os.environ, keep_path=plan.installed_ros)
    steps = [('virtual environment', [sys.executable, *plan.venv_command()])]
    steps += [(title, [str(plan.interpreter), *step]) for title, step in plan.install_commands()]
    for number, (title, command) in enumerate(steps, 1):
        label = f'[{number}/{len(steps)}] {title}'
        status = run_with_progress(
            command, label, log, environment=environment, folder=ROOT, progress=progress
        )
        if status:
            raise SetupError(f'{title}: {_last_error(log)} (all of it is in {log.name})')
    plan.stamp_file.write_text(plan.stamp)
    log.replace(plan.folder / 'setup.log')
    print(f'Ready: {plan.folder.name}, {_megabytes(plan.folder)} MB, '
          f'{time.monotonic() - began:.0f} s')  # fmt: skip


def clean_environment(base: Mapping[str, str], keep_path: bool) -> dict[str, str]:
    """Return the environment without what another virtual environment has left in it.

    Args:
        base: the environment of the user.
        keep_path: keep PYTHONPATH and LD_LIBRARY_PATH, by which an installed ROS 2 is found.
    """
    environment = dict(base)
    for name in _FOREIGN:
        if not (keep_path and name == 'PYTHONPATH'):
            environment.pop(name, None)
    if environment.pop('_ROS_WHEELS_BOOTSTRAP_COMPLETE', None) and not keep_path:
        environment.pop('LD_LIBRARY_PATH', None)
    return environment


def is_ready(plan: Plan) -> bool:
    """Say whether the environment is there, made for this plan, and runs."""
    if not plan.stamp_file.is_file() or plan.stamp_file.read_text() != plan.stamp:
        return False
    try:  # the Python it was made of may be gone since
        found = subprocess.run([plan.interpreter, '-c', ''], capture_output=True, check=False)
    except OSError:
        return False
    return found.returncode == 0


def _wait_for(lock: int) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print('Waiting for another set-up to end', flush=True)
        fcntl.flock(lock, fcntl.LOCK_EX)


def _last_error(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(errors='replace').splitlines() if line.strip()]
    errors = [line for line in lines if 'error' in line.lower()]
    return (errors or lines or ['it said nothing'])[-1][:300]


def _megabytes(folder: Path) -> int:
    sizes = (path.lstat().st_size for path in folder.rglob('*'))
    return round(sum(sizes) / 1e6)


if __name__ == '__main__':
    sys.exit(main())
