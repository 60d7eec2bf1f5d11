# SPDX-License-Identifier: Apache-2.0
"""Generate the C and Python sources of a message package with rosidl."""

import contextlib
import io
import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import rosidl_generator_c
import rosidl_typesupport_c
import rosidl_typesupport_fastrtps_c
import rosidl_typesupport_introspection_c
from rosidl_adapter.msg import convert_msg_to_idl
from rosidl_generator_py.generate_py_impl import generate_py
from rosidl_generator_type_description import generate_type_hash

_SHARE = Path(sys.prefix) / 'share'
_TYPESUPPORTS = ['rosidl_typesupport_fastrtps_c', 'rosidl_typesupport_introspection_c']


class Sources(NamedTuple):
    """What the generators wrote.

    Attributes:
        python: folder of the Python message modules.
        compiled: the C and C++ files to compile.
        includes: folders for the compiler to look for headers in.
        dependencies: message packages that these messages are built on.
    """

    python: Path
    compiled: list[Path]
    includes: list[Path]
    dependencies: list[str]


def generate(definitions: Path, work: Path) -> Sources:
    """Write all sources of a package below `work`.

    Args:
        definitions: absolute folder of the package, named as it, with .msg files in `msg/`.
        work: an existing folder.
    """
    package = definitions.name
    job = _Job(definitions, work)
    descriptions = job.describe()
    # As CMake does: the introspection in a folder of its own, for its files are named as others.
    c_folder, introspection = work / 'c' / package, work / 'introspection' / package
    rosidl_generator_c.generate_c(
        job.arguments(c_folder, 'rosidl_generator_c', type_description_tuples=descriptions)
    )
    rosidl_typesupport_fastrtps_c.generate_typesupport_fastrtps_c(
        job.arguments(c_folder, 'rosidl_typesupport_fastrtps_c')
    )
    rosidl_typesupport_c.generate_c(job.arguments(c_folder, 'rosidl_typesupport_c'), _TYPESUPPORTS)
    rosidl_typesupport_introspection_c.generate_c(
        job.arguments(introspection, 'rosidl_typesupport_introspection_c')
    )
    python = work / 'python' / package
    generate_py(job.arguments(python, 'rosidl_generator_py'), ['rosidl_typesupport_c'])
    for generator in ('rosidl_generator_c', *_TYPESUPPORTS):
        folder = introspection if 'introspection' in generator else c_folder
        _write_visibility_header(generator, package, folder / 'msg')
    entry = f'_{package}_s.ep.rosidl_typesupport_c.c'
    compiled = [
        path
        for folder in (c_folder, introspection)
        for path in sorted(folder.rglob('*.c*'))
        if path.suffix in ('.c', '.cpp')
    ]
    compiled += [*sorted((python / 'msg').glob('*_s.c')), python / entry]
    modules = work / 'modules'
    modules.mkdir()
    for path in [python / 'msg' / '__init__.py', *(python / 'msg').glob('_*.py')]:
        (modules / path.name).write_bytes(path.read_bytes())
    includes = [c_folder.parent, introspection.parent]
    return Sources(modules, compiled, includes, job.dependencies)


def type_hashes(definitions: Path) -> dict[str, str]:
    """Return the hash of each message type, by its name (`Classification`: `RIHS01_...`)."""
    with tempfile.TemporaryDirectory() as folder:
        with contextlib.redirect_stdout(io.StringIO()):
            _Job(definitions, Path(folder)).describe()
        hashes: dict[str, str] = {}
        for path in sorted(Path(folder).glob('descriptions/**/*.json')):
            for entry in json.loads(path.read_text())['type_hashes']:
                if entry['type_name'] == f'{definitions.name}/msg/{path.stem}':
                    hashes[path.stem] = entry['hash_string']
        return hashes


class _Job:
    """The definitions of a package as IDL, and the argument files that the generators read."""

    def __init__(self, definitions: Path, work: Path) -> None:
        self.package = definitions.name
        self.work = work
        self.messages = sorted((definitions / 'msg').glob('*.msg'))
        self.dependencies = _dependencies(self.messages, self.package)
        idl = work / 'idl' / self.package
        for path in self.messages:
            relative = Path('msg') / path.name
            convert_msg_to_idl(definitions, self.package, relative, idl / 'msg')
        self.idl_tuples = [f'{idl}:msg/{path.stem}.idl' for path in self.messages]

    def describe(self) -> list[str]:
        """Write the type descriptions; return them as the generators want them named."""
        folder = self.work / 'descriptions' / self.package
        generate_type_hash(self.arguments(folder))
        names = [path.stem for path in self.messages]
        return [f'msg/{name}.idl:{folder}/msg/{name}.json' for name in names]

    def arguments(self, output: Path, generator: str = '', **extra: Any) -> str:
        """Write the argument file of one generator; return its path."""
        content = {
            'package_name': self.package,
            'output_dir': str(output),
            'idl_tuples': self.idl_tuples,
            'include_paths': [f'{name}:{_SHARE / name}' for name in self.dependencies],
            'ros_interface_files': [str(path) for path in self.messages],
            'ros_interface_dependencies': [],
            'target_dependencies': [],
            'template_dir': str(_SHARE / generator / 'resource'),
            **extra,
        }
        path = self.work / f'{generator or "description"}_arguments.json'
        path.write_text(json.dumps(content), encoding='utf-8')
        return str(path)


def _dependencies(messages: list[Path], package: str) -> list[str]:
    """Return the message packages that these use, and those that they use, sorted."""
    waiting = {
        name
        for path in messages
        for name in re.findall(r'^\s*([a-z][a-z0-9_]*)/[A-Z]', path.read_text('utf-8'), re.M)
    }
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name == package or name in found:
            continue
        found.add(name)
        for path in (_SHARE / name / 'msg').glob('*.idl'):
            waiting |= set(re.findall(r'#include "([a-z0-9_]+)/', path.read_text('utf-8')))
    return sorted(found)


def _write_visibility_header(generator: str, package: str, folder: Path) -> None:
    name = f'{generator}__visibility_control.h'
    text = (_SHARE / generator / 'resource' / f'{name}.in').read_text('utf-8')
    text = text.replace('@PROJECT_NAME_UPPER@', package.upper())
    (folder / name).write_text(text.replace('@PROJECT_NAME@', package), encoding='utf-8')
