# SPDX-License-Identifier: Apache-2.0
"""The library is imported when asked for; what differs by version is decided in one place."""

import importlib
import subprocess
import sys

import pytest

from mobilenet_perception.errors import RuntimeUnavailableError
from mobilenet_perception.inference.runtimes.tensorrt.engine import LoadedEngine
from mobilenet_perception.inference.runtimes.tensorrt.library import Library, load_library
from tests.inference.runtimes.tensorrt.graphs import needs_rtx


def error_without(module: str, call: str) -> str:
    """Return what a call says in a process where a module cannot be imported."""
    code = (
        f'import sys; sys.modules[{module!r}] = None\n'
        'from mobilenet_perception.inference.runtimes import create_runtime\n'
        'from mobilenet_perception.inference.runtimes.tensorrt.library import load_library\n'
        f'try: {call}\n'
        'except Exception as error: print(type(error).__name__, error)\n'
    )
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)
    return done.stdout


def test_where_there_is_no_tensorrt_each_kind_of_machine_has_its_cure() -> None:
    for call in ("create_runtime('tensorrt')", 'load_library()'):
        said = error_without('tensorrt', call)
        assert said.startswith('RuntimeUnavailableError the runtime tensorrt cannot be loaded')
        assert 'on a Jetson' in said and 'apt install python3-libnvinfer, never pip' in said
        assert 'pip install tensorrt' in said
        assert said.count('\n') == 1


def test_where_there_is_no_tensorrt_rtx_its_packages_are_named() -> None:
    said = error_without('tensorrt_rtx_bindings', "load_library('tensorrt_rtx')")
    assert 'pip install tensorrt-rtx-cu13-bindings tensorrt-rtx-cu13-libs' in said


def test_another_library_is_refused() -> None:
    with pytest.raises(RuntimeUnavailableError, match='choose one of tensorrt, tensorrt_rtx'):
        load_library('abacus')


@needs_rtx
@pytest.mark.parametrize('version', ['8.5.2.2', '10.0.1', '10.2.0'])
def test_a_version_before_strong_typing_is_refused(version: str) -> None:
    with pytest.raises(RuntimeUnavailableError, match=r'install 10\.3 or newer .*JetPack 6'):
        Library('tensorrt', importlib.import_module('tensorrt_rtx_bindings'), version)


@needs_rtx
@pytest.mark.parametrize(
    ('version', 'weakly'),
    [('10.3.0', True), ('10.11.0.33', True), ('10.12.0', False), ('10.16.1', False),
     ('11.0.0', False), ('11.4.1.17', False)],
)  # fmt: skip
def test_types_are_left_to_tensorrt_only_where_strong_typing_has_gaps(
    version: str, weakly: bool
) -> None:
    library = Library('tensorrt', importlib.import_module('tensorrt_rtx_bindings'), version)
    assert library.can_type_weakly == weakly
    assert not library.only_compiles
    assert (library.network_flags(False), library.network_flags(True)) == (0, 1)


@needs_rtx
def test_tensorrt_rtx_only_compiles() -> None:
    library = load_library('tensorrt_rtx')
    assert library is load_library('tensorrt_rtx')
    assert library.only_compiles and not library.can_type_weakly


@needs_rtx
def test_a_library_that_cannot_start_is_said() -> None:
    library = load_library('tensorrt_rtx')
    # Of this class nothing can be made, as of a builder where the driver is too old.
    with pytest.raises(RuntimeUnavailableError, match=r'cannot start .*install the NVIDIA driver'):
        library.make('IHostMemory')


@needs_rtx
def test_an_engine_that_does_not_load_is_to_be_built_again() -> None:
    with pytest.raises(RuntimeUnavailableError) as raised:
        LoadedEngine(load_library('tensorrt_rtx'), b'no engine', 'tiny')
    assert 'refuses the engine of tiny (' in str(raised.value)
    assert 'mobilenet_perception engines clean --all' in str(raised.value)
