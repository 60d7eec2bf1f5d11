# SPDX-License-Identifier: Apache-2.0
"""Find CUDA's runtime library, and see that it can serve."""

import ctypes
import functools
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from mobilenet_perception.errors import RuntimeUnavailableError
from mobilenet_perception.runtimes.tensorrt.cuda import Cuda
from mobilenet_perception.runtimes.tensorrt.cuda_errors import NO_DRIVER, CudaError

_NAMES = tuple(f'libcudart.so.{version}' for version in (13, 12, 11))


@functools.cache
def load_cuda() -> Cuda:
    """Load CUDA's runtime library: the newest that the driver can serve.

    Raises:
        RuntimeUnavailableError: there is none, no driver for it, or no GPU.
    """
    trouble: RuntimeUnavailableError | None = None
    for place in _places():
        try:
            library = ctypes.CDLL(place)
        except OSError:
            continue
        try:
            cuda = Cuda(library)
            cuda.gpus()
        except RuntimeUnavailableError as error:
            if isinstance(error, CudaError) and error.code != NO_DRIVER:
                raise
            # An older library may do with the driver that is here.
            trouble = trouble or error
        else:
            return cuda
    raise trouble or RuntimeUnavailableError(
        f'the CUDA library is not found (none of {", ".join(_NAMES)}): on a Jetson apt install '
        'nvidia-jetpack, elsewhere pip install nvidia-cuda-runtime or install CUDA'
    )


def _places() -> Iterator[str]:
    """Yield where the library may be: where the system finds it, in pip's packages, in CUDA's."""
    packages = Path(sysconfig.get_path('purelib')) / 'nvidia'
    folders = [
        *(packages / name / 'lib' for name in ('cu13', 'cu12', 'cuda_runtime')),
        *sorted(Path('/usr/local').glob('cuda*/lib*'), reverse=True),
    ]
    for name in _NAMES:
        yield name
        yield from (str(folder / name) for folder in folders if (folder / name).exists())
