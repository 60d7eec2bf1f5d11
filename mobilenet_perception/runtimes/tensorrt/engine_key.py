# SPDX-License-Identifier: Apache-2.0
"""What an engine depends on."""

import hashlib

from mobilenet_perception.engines import EngineKey
from mobilenet_perception.runtimes.settings import RuntimeSettings
from mobilenet_perception.runtimes.tensorrt.cuda import Gpu
from mobilenet_perception.runtimes.tensorrt.find_cuda import load_cuda
from mobilenet_perception.runtimes.tensorrt.library import Library, load_library

# Counts the changes of build.py that make other engines of the same model and options.
_RECIPE = 1
# What is compiled for where there is no GPU.
COMPILED_FOR = Gpu('none', '8.0', 0)


def engine_key(model: bytes, settings: RuntimeSettings) -> EngineKey:
    """Return what the engine of a model depends on, here and with these settings.

    Raises:
        RuntimeUnavailableError: TensorRT is not installed, or there is no such GPU.
    """
    library = load_library(settings.library)
    return EngineKey(
        model_sha256=hashlib.sha256(model).hexdigest(),
        library=library.name,
        library_version=library.version,
        gpu_name=(gpu := target(library, settings)).name,
        compute_capability=gpu.compute_capability,
        options=(
            ('dla_core', str(settings.dla_core)),
            ('largest_batch', str(largest_batch(settings))),
            ('recipe', str(_RECIPE)),
            ('workspace_mb', str(settings.workspace_mb)),
        ),
    )


def target(library: Library, settings: RuntimeSettings) -> Gpu:
    """Return the GPU that engines are for.

    Raises:
        RuntimeUnavailableError: there is none of this number.
    """
    return COMPILED_FOR if library.only_compiles else load_cuda().gpu(settings.device)


def largest_batch(settings: RuntimeSettings) -> int:
    """Return how many frames at once engines are for; a DLA takes one size alone."""
    return settings.largest_batch if settings.dla_core < 0 else 1
