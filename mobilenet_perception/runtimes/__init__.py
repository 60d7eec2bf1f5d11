# SPDX-License-Identifier: Apache-2.0
"""One file per inference runtime behind one small interface; each imported only when asked for."""

import importlib

from mobilenet_perception.errors import RuntimeUnavailableError
from mobilenet_perception.runtimes.base import Runtime, Session

__all__ = ['RUNTIMES', 'Runtime', 'Session', 'create_runtime']

# Name of the runtime: the module here that has `create(threads) -> Runtime`, and how to get it.
RUNTIMES = {
    'onnxruntime': ('onnx_runtime', "pip install 'onnxruntime>=1.17'"),
}


def create_runtime(name: str = 'onnxruntime', threads: int = 1) -> Runtime:
    """Return a runtime by its name.

    Args:
        name: one of `RUNTIMES`.
        threads: CPU threads that one inference may use, from 1.

    Raises:
        RuntimeUnavailableError: there is none of this name, or its library is not installed.
    """
    if name not in RUNTIMES:
        raise RuntimeUnavailableError(
            f'there is no runtime {name!r}: choose one of {", ".join(RUNTIMES)}'
        )
    module, cure = RUNTIMES[name]
    try:
        found = importlib.import_module(f'mobilenet_perception.runtimes.{module}')
    except ImportError as error:
        raise RuntimeUnavailableError(
            f'the runtime {name} cannot be loaded ({error}): install it with {cure}'
        ) from error
    runtime: Runtime = found.create(threads)
    return runtime
