# SPDX-License-Identifier: Apache-2.0
"""Build a package of ROS messages into this virtual environment, with pip's ROS wheels and gcc.

The wheels bring rclpy and the rosidl generators, but not every message package. This drives the
generators as CMake does on a robot, so the types are the same on the wire: their hashes agree.
"""

import argparse
import contextlib
import importlib.util
import io
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent))

from rosidl_sources import Sources, generate, type_hashes

# Of each message package depended on: what a new package links with.
_KINDS = (
    'rosidl_generator_c',
    'rosidl_generator_py',
    'rosidl_typesupport_fastrtps_c',
    'rosidl_typesupport_introspection_c',
)
_LIBRARIES = (
    'rosidl_typesupport_c',
    'rosidl_typesupport_fastrtps_c',
    'rosidl_typesupport_fastrtps_cpp',
    'rosidl_typesupport_introspection_c',
    'rosidl_runtime_c',
    'rcutils',
    'fastcdr',
)
# rosidl_typesupport_c opens lib<package>__<kind>.so by name, along LD_LIBRARY_PATH.
_OPENED_BY_NAME = ('rosidl_typesupport_fastrtps_c', 'rosidl_typesupport_introspection_c')


class BuildError(Exception):
    """The build cannot go on: the message says why, in one sentence."""


class Target(NamedTuple):
    """Where a built package goes."""

    site_packages: Path
    libraries: Path

    @staticmethod
    def environment() -> 'Target':
        """Return the folders of the running virtual environment."""
        return Target(Path(sysconfig.get_path('platlib')), Path(sys.prefix) / 'lib')


def build(definitions: Path, target: Target) -> Path:
    """Generate, compile and install a package; one that is there is replaced when all is done.

    Args:
        definitions: folder of the package, named as it, with its .msg files in `msg/`.
        target: where it goes.

    Returns:
        The folder of the Python package.

    Raises:
        BuildError: no definitions there, or the compiler fails.
    """
    definitions = definitions.resolve()
    package = definitions.name
    if not any((definitions / 'msg').glob('*.msg')):
        raise BuildError(f'{definitions / "msg"} holds no .msg files')
    with tempfile.TemporaryDirectory(dir=target.site_packages, prefix=f'.{package}-') as folder:
        work = Path(folder)
        with contextlib.redirect_stdout(io.StringIO()):  # the generators name every file
            sources = generate(definitions, work)
        staged = work / 'staged'
        shutil.copytree(sources.python, staged / 'msg')
        (staged / '__init__.py').touch()
        extension = f'{package}_s__rosidl_typesupport_c{sysconfig.get_config_var("EXT_SUFFIX")}'
        _link(_compile(sources, work), sources.dependencies, staged / extension)
        installed = target.site_packages / package
        shutil.rmtree(installed, ignore_errors=True)
        staged.replace(installed)
    for kind in _OPENED_BY_NAME:
        link = target.libraries / f'lib{package}__{kind}.so'
        link.unlink(missing_ok=True)
        link.symlink_to(installed / extension)
    return installed


def _compile(sources: Sources, work: Path) -> list[Path]:
    import numpy as np  # noqa: PLC0415  the environment of setup checks has none yet

    prefix_includes = Path(sys.prefix) / 'include'
    includes = [
        *sources.includes,
        Path(sysconfig.get_path('include')),
        Path(np.get_include()),
        prefix_includes,
        *(folder for folder in prefix_includes.iterdir() if folder.is_dir()),
    ]
    options = ['-O1', '-fPIC', '-w', *(f'-I{folder}' for folder in includes)]

    def compile_one(source: Path) -> Path:
        compiled = work / (re.sub(r'\W', '_', str(source.relative_to(work))) + '.o')
        compiler = ['g++', '-std=c++17'] if source.suffix == '.cpp' else ['gcc', '-std=gnu11']
        _run([*compiler, *options, '-c', str(source), '-o', str(compiled)])
        return compiled

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(compile_one, sources.compiled))


def _link(objects: list[Path], dependencies: list[str], library: Path) -> None:
    prefix = Path(sys.prefix) / 'lib'
    names = [f'{package}__{kind}' for package in dependencies for kind in _KINDS]
    # The wheels keep libraries of their own beside the Python packages, found at run time.
    _run([
        'g++', '-shared', '-o', str(library), *map(str, objects), f'-L{prefix}',
        *(f'-l{name}' for name in (*names, *_LIBRARIES)),
        f'-Wl,-rpath-link,{prefix}', '-Wl,--allow-shlib-undefined', '-Wl,-z,lazy',
    ])  # fmt: skip


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise BuildError(f'{command[0]} is missing: install it (Debian, Ubuntu: g++)') from None
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if 'error' in line] or [done.stderr]
        raise BuildError(f'{command[0]} failed: {lines[0].strip()[:300]}')


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('definitions', type=Path, help='folder of a package: <package>/msg/*.msg')
    parser.add_argument('--hashes', action='store_true', help='print the type hashes and stop')
    arguments = parser.parse_args()
    package = arguments.definitions.resolve().name
    try:
        if arguments.hashes:
            for name, digest in type_hashes(arguments.definitions.resolve()).items():
                print(name, digest)
            return 0
        target = Target.environment()
        found = importlib.util.find_spec(package)
        if found and found.origin and not Path(found.origin).is_relative_to(sys.prefix):
            print(f'{package} is installed already: {Path(found.origin).parent}')
            return 0
        print(f'built {build(arguments.definitions, target)}')
    except BuildError as error:
        print(f'build_interfaces: {error}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
