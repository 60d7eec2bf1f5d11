# SPDX-License-Identifier: Apache-2.0
"""What set-up needs of the machine, looked at before anything is loaded."""

import platform
import shutil
import sysconfig
from pathlib import Path

from environment_plan import Plan, SetupError

MEGABYTE = 1_000_000


def check_prerequisites(plan: Plan) -> None:
    """See that an environment can be made here.

    Raises:
        SetupError: something is missing: one sentence with the cure.
    """
    if plan.uses_wheels:
        check_platform(platform.system(), platform.machine())
        check_compiler()
        check_header(Path(sysconfig.get_path('include')))
    check_disk(plan.folder.parent, plan.disk_mb)


def check_platform(system: str, machine: str) -> None:
    """See that there are ROS 2 wheels for this machine.

    Raises:
        SetupError: there are none.
    """
    if (system, machine) != ('Linux', 'x86_64'):
        raise SetupError(
            f'there are no ROS 2 wheels for {system} on {machine}: '
            'install ROS 2 and source its setup.bash, or use Linux on x86-64'
        )


def check_compiler() -> None:
    """See that the C and C++ compilers are there.

    Raises:
        SetupError: one is missing.
    """
    for compiler in ('gcc', 'g++'):
        if shutil.which(compiler) is None:
            raise SetupError(
                f'the compiler {compiler} is missing: install it (Debian, Ubuntu: apt install g++)'
            )


def check_header(include: Path) -> None:
    """See that Python's headers are there.

    Raises:
        SetupError: they are missing.
    """
    if not (include / 'Python.h').is_file():
        raise SetupError(
            f'the header Python.h is missing in {include}: install it (Debian, Ubuntu: '
            'apt install python3-dev), or name another Python with PYTHON=...'
        )


def check_disk(folder: Path, needed_mb: int) -> None:
    """See that there is room on the disk.

    Raises:
        SetupError: there is too little.
    """
    free_mb = shutil.disk_usage(folder).free // MEGABYTE
    if free_mb < needed_mb:
        raise SetupError(
            f'{free_mb} MB are free at {folder}, and set-up needs {needed_mb} MB: make room'
        )
