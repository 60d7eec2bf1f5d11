# SPDX-License-Identifier: Apache-2.0
"""CUDA is found or its absence is said; every failed call is one sentence with the cure."""

import ctypes
import re
import subprocess
import sys
from collections.abc import Callable

import pytest

from mobilenet_perception.errors import RuntimeUnavailableError
from mobilenet_perception.system import cuda
from mobilenet_perception.system.cuda import Cuda, CudaError


def found_library() -> ctypes.CDLL | None:
    for place in cuda._places():
        try:
            return ctypes.CDLL(place)
        except OSError:
            continue
    return None


def has_gpu() -> bool:
    try:
        return cuda.load_cuda().gpus() > 0
    except RuntimeUnavailableError:
        return False


without_gpu = pytest.mark.skipif(has_gpu(), reason='there is a GPU')
with_library = pytest.mark.skipif(found_library() is None, reason='no libcudart is installed')


@without_gpu
def test_what_is_missing_is_said_in_a_sentence() -> None:
    code = (
        'from mobilenet_perception.system.cuda import load_cuda\n'
        'try: load_cuda()\n'
        'except Exception as error: print(error)\n'
    )
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)
    assert done.stdout.count('\n') == 1
    if found_library() is None:
        assert 'libcudart.so.12' in done.stdout and 'nvidia-jetpack' in done.stdout
    else:
        assert 'no NVIDIA driver is loaded' in done.stdout or 'no NVIDIA GPU' in done.stdout
        assert '--gpus all' in done.stdout or 'nvidia-smi' in done.stdout


@without_gpu
@with_library
@pytest.mark.parametrize(
    'call',
    [
        Cuda.gpus,
        lambda cuda: cuda.use(0),
        lambda cuda: cuda.gpu(0),
        Cuda.free_bytes,
        lambda cuda: cuda.allocate(1024),
        lambda cuda: cuda.allocate_pinned(1024),
        lambda cuda: cuda.upload(0, 0, 0, 0),
        lambda cuda: cuda.download(0, 0, 0, 0),
        Cuda.make_stream,
        lambda cuda: cuda.wait(0),
        lambda cuda: cuda.record_graph(0, lambda: None),
        lambda cuda: cuda.launch(0, 0),
        Cuda.make_event,
        lambda cuda: cuda.record_event(0, 0),
        lambda cuda: cuda.elapsed_ms(0, 0),
    ],
)
def test_every_call_fails_in_order_where_nothing_can_run(call: Callable[[Cuda], object]) -> None:
    library = found_library()
    assert library is not None
    with pytest.raises(CudaError, match=r'\(cudaError\w+ in cuda\w+\)') as raised:
        call(Cuda(library))
    assert raised.value.code > 0


def test_versions_are_told_of_what_is_here() -> None:
    driver, runtime = cuda.cuda_versions()
    assert bool(runtime) == (found_library() is not None)
    assert all(re.fullmatch(r'\d+\.\d|CUDA error \d+|', version) for version in (driver, runtime))


def test_a_library_without_the_functions_is_too_old() -> None:
    with pytest.raises(RuntimeUnavailableError, match=r'too old .*install CUDA 11\.4'):
        Cuda(ctypes.CDLL(None))


@pytest.mark.parametrize(
    ('code', 'cure'),
    [
        (2, 'end other programs on it, choose a smaller bundle, or lower workspace_mb'),
        (35, 'install or update it'),
        (100, 'nvidia-smi'),
        (101, 'count from 0'),
        (209, 'remove it, so that it is built again'),
        (719, 'restart the node'),
        (804, 'update the driver'),
        (12345, 'dmesg'),
    ],
)
def test_an_error_names_its_cure(code: int, cure: str) -> None:
    error = CudaError(code, 'cudaMalloc', 'cudaErrorName')
    assert cure in str(error)
    assert str(error).endswith('(cudaErrorName in cudaMalloc)')
    assert error.is_out_of_memory == (code == 2)
