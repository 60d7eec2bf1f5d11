# SPDX-License-Identifier: Apache-2.0
"""One file or folder per inference runtime behind one small interface; imported if asked for."""

import importlib
from collections.abc import Callable

from mobilenet_perception.errors import RuntimeUnavailableError
from mobilenet_perception.inference.runtimes.base import Runtime, Session
from mobilenet_perception.inference.runtimes.settings import DEFAULT, RuntimeSettings

__all__ = ['RUNTIMES', 'Runtime', 'RuntimeSettings', 'Session', 'cannot_load', 'create_runtime']

# Name of the runtime: the module here that has `create(settings, say) -> Runtime`, and how to get
# what it runs on.
RUNTIMES = {
    'onnxruntime': ('onnx_runtime', "install it with pip install 'onnxruntime>=1.17'"),
    'tensorrt': (
        'tensorrt',
        'on a Jetson it comes with JetPack 6 or newer (apt install python3-libnvinfer, never '
        'pip); on x86-64 with an NVIDIA GPU install it with pip install tensorrt',
    ),
}


def create_runtime(
    name: str = 'onnxruntime',
    settings: RuntimeSettings = DEFAULT,
    notify: Callable[[str], None] = lambda words: None,
) -> Runtime:
    """Return a runtime by its name.

    Args:
        name: one of `RUNTIMES`.
        settings: what it may use of the machine.
        notify: told what takes long, such as the building of an engine, in words; called often,
            and by any thread. What it raises ends the loading.

    Raises:
        RuntimeUnavailableError: there is none of this name, its library is not installed, or it
            cannot run here.
    """
    if name not in RUNTIMES:
        raise RuntimeUnavailableError(
            f'there is no runtime {name!r}: choose one of {", ".join(RUNTIMES)}'
        )
    try:
        found = importlib.import_module(
            f'mobilenet_perception.inference.runtimes.{RUNTIMES[name][0]}'
        )
    except ImportError as error:
        raise cannot_load(name, error) from error
    runtime: Runtime = found.create(settings, notify)
    return runtime


def cannot_load(name: str, error: ImportError) -> RuntimeUnavailableError:
    """Return what to say of a runtime whose library cannot be imported."""
    return RuntimeUnavailableError(
        f'the runtime {name} cannot be loaded ({error}): {RUNTIMES[name][1]}'
    )
