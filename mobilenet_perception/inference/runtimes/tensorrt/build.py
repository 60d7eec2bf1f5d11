# SPDX-License-Identifier: Apache-2.0
"""Build an engine of an ONNX model, for this GPU: what it depends on, and what it computes in."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

from mobilenet_perception.errors import BundleError, RuntimeUnavailableError
from mobilenet_perception.inference.engines import Built, EngineKey
from mobilenet_perception.inference.runtimes.base import RuntimeSettings
from mobilenet_perception.inference.runtimes.tensorrt.library import (
    Library,
    Monitor,
    load_library,
    make_monitor,
)
from mobilenet_perception.inference.runtimes.tensorrt.network import Network
from mobilenet_perception.system.cuda import Gpu, load_cuda

# Counts the changes of this file that make other engines of the same model and options.
_RECIPE = 1
# What is compiled for where there is no GPU.
_COMPILED_FOR = Gpu('none', '8.0', 0)
# How TensorRT writes types: short, and inside a description of the memory layout.
_PRECISIONS = {
    'int8': ('int8',),
    'fp16': ('fp16', 'half'),
    'bf16': ('bf16', 'bfloat16'),
    'fp32': ('fp32', 'float'),
}
# 10.x writes type and layout as one; 11.x each for itself.
_TYPE_KEYS = ('Datatype', 'DataType', 'Format/Datatype')


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
        gpu_name=(gpu := _target(library, settings)).name,
        compute_capability=gpu.compute_capability,
        options=(
            ('dla_core', str(settings.dla_core)),
            ('largest_batch', str(_largest_batch(settings))),
            ('recipe', str(_RECIPE)),
            ('workspace_mb', str(settings.workspace_mb)),
        ),
    )


def build_engine(
    model: bytes,
    name: str,
    settings: RuntimeSettings,
    timing_cache: bytes = b'',
    on_progress: Callable[[str], None] = lambda words: None,
) -> Built:
    """Build the engine of a variant; takes seconds to minutes.

    Args:
        model: the ONNX model; a free first dimension gives an engine for one frame, and for two
            to `largest_batch` at once.
        name: of the variant, for messages.
        settings: the GPU, and the build options.
        timing_cache: of earlier builds; one that does not fit is left aside.
        on_progress: told what is done and how far that is, often and by any thread; what it
            raises stops the build and is raised again here.

    Raises:
        BundleError: TensorRT does not take the model: an operator, a type or a shape.
        RuntimeUnavailableError: TensorRT cannot run here, or has not enough memory.
    """
    library = load_library(settings.library)
    # Chooses the GPU of this thread, too.
    _target(library, settings)
    builder = library.make('Builder')
    strongly_typed = True
    network = Network(library, builder, model, name)
    config = _config(library, builder, network, settings)
    cache = _timing_cache(library, config, timing_cache)
    monitor = make_monitor(library.module, lambda words: on_progress(f'{name}: {words}'))
    config.progress_monitor = monitor
    plan = _plan(library, builder, network, config, monitor)
    if plan is None and library.can_type_weakly and not library.log.is_out_of_memory():
        strongly_typed = False
        network = Network(library, builder, model, name, strongly_typed)
        _let_types_be_chosen(library, config, network)
        plan = _plan(library, builder, network, config, monitor)
    if plan is None:
        raise _failure(library, name)
    return Built(
        plan=plan,
        timing_cache=bytes(cache.serialize()) if cache else b'',
        precision_asked=network.precision + ('' if strongly_typed else ', weakly typed'),
        precision_proven=_proven(library, plan),
    )


def layers_by_precision(information: str) -> dict[str, int]:
    """Count the layers of an engine by the precision of what they compute with.

    A layer counts for the smallest type that it takes: a convolution from int8 to fp32 is int8.

    Args:
        information: what the engine inspector gives as JSON, of an engine built with detailed
            profiling verbosity.

    Returns:
        Number of layers by `int8`, `fp16`, `bf16`, `fp32` or `other`; empty: the engine does not
        tell.
    """
    try:
        layers = json.loads(information).get('Layers', [])
    except (ValueError, AttributeError):
        return {}
    told = [layer for layer in layers if isinstance(layer, dict)]
    return dict(Counter(_precision(layer) for layer in told))


def _target(library: Library, settings: RuntimeSettings) -> Gpu:
    """Return the GPU that engines are for.

    Raises:
        RuntimeUnavailableError: there is none of this number.
    """
    return _COMPILED_FOR if library.only_compiles else load_cuda().gpu(settings.device)


def _largest_batch(settings: RuntimeSettings) -> int:
    """Return how many frames at once engines are for; a DLA takes one size alone."""
    return settings.largest_batch if settings.dla_core < 0 else 1


def _config(library: Library, builder: Any, network: Network, settings: RuntimeSettings) -> Any:
    module, config = library.module, builder.create_builder_config()
    config.set_memory_pool_limit(module.MemoryPoolType.WORKSPACE, settings.workspace_mb << 20)
    # What is stated as FP32 is computed in FP32; FP16 is to be had by a variant in FP16.
    config.clear_flag(module.BuilderFlag.TF32)
    # So that the engine can tell its precisions.
    config.profiling_verbosity = module.ProfilingVerbosity.DETAILED
    if library.only_compiles:
        config.num_compute_capabilities = 1
        number = _COMPILED_FOR.compute_capability.replace('.', '')
        config.set_compute_capability(getattr(module.ComputeCapability, f'SM{number}'), 0)
    if settings.dla_core >= 0:
        _use_dla(library, builder, config, settings.dla_core)
    if network.signature.takes_several:
        for smallest, best, largest in _profiles(_largest_batch(settings)):
            _add_profile(builder, config, network, (smallest, best, largest))
    return config


def _profiles(largest: int) -> list[tuple[int, int, int]]:
    """Return smallest, best and largest number of frames: one for itself, since most runs are."""
    return [(1, 1, 1), *([(2, largest, largest)] if largest > 1 else [])]


def _add_profile(
    builder: Any, config: Any, network: Network, counts: tuple[int, int, int]
) -> None:
    size = network.signature.height, network.signature.width, 3
    profile = builder.create_optimization_profile()
    profile.set_shape(network.input_name, *((count, *size) for count in counts))
    config.add_optimization_profile(profile)


def _use_dla(library: Library, builder: Any, config: Any, core: int) -> None:
    cores = getattr(builder, 'num_DLA_cores', 0)
    if core >= cores:
        raise RuntimeUnavailableError(
            f'there is no DLA core {core}: {library.name} {library.version} finds {cores} here; '
            'set dla_core to -1 to use the GPU alone'
        )
    config.default_device_type = library.module.DeviceType.DLA
    config.DLA_core = core
    config.set_flag(library.module.BuilderFlag.GPU_FALLBACK)


def _let_types_be_chosen(library: Library, config: Any, network: Network) -> None:
    """Allow the precisions of the model, which TensorRT then mixes as it likes."""
    flags = library.module.BuilderFlag
    if 'fp16' in network.precisions:
        config.set_flag(flags.FP16)
    if 'int8' in network.precisions:
        config.set_flag(flags.INT8)


def _timing_cache(library: Library, config: Any, content: bytes) -> Any:
    """Give the builder what earlier builds measured; returns what will hold that of this one."""
    if not library.keeps_timing_cache:
        return None
    for earlier in (content, b''):
        try:
            cache = config.create_timing_cache(earlier)
        except (RuntimeError, TypeError):
            continue
        # Refused if it is of another GPU or version.
        if cache and config.set_timing_cache(cache, ignore_mismatch=False):
            return cache
    return None


def _plan(
    library: Library, builder: Any, network: Network, config: Any, monitor: Monitor
) -> bytes | None:
    library.log.clear()
    plan = builder.build_serialized_network(network.definition, config)
    if monitor.error:
        raise monitor.error
    return None if plan is None else bytes(plan)


def _failure(library: Library, name: str) -> BundleError | RuntimeUnavailableError:
    reason = library.log.reason()
    if library.log.is_out_of_memory():
        return RuntimeUnavailableError(
            f'the memory of the GPU does not suffice to build the engine of {name}: end other '
            f'programs on it, or lower workspace_mb or the number of frames at once ({reason})'
        )
    return BundleError(
        f'variant {name}: {library.name} {library.version} cannot build an engine of it '
        f'({reason}): try a larger workspace_mb, or run it on onnxruntime'
    )


def _proven(library: Library, plan: bytes) -> dict[str, int]:
    """Ask the engine for its precisions; only the GPU that it is for can tell."""
    if library.only_compiles:
        return {}
    module = library.module
    engine = library.make('Runtime').deserialize_cuda_engine(plan)
    if engine is None:
        return {}
    inspector = engine.create_engine_inspector()
    return layers_by_precision(
        inspector.get_engine_information(module.LayerInformationFormat.JSON)
    )


def _precision(layer: dict[str, Any]) -> str:
    types = [_type(tensor) for tensor in layer.get('Inputs') or layer.get('Outputs') or ()]
    for precision, names in _PRECISIONS.items():
        if any(name in written for written in types for name in names):
            return precision
    return 'other'


def _type(tensor: Any) -> str:
    if not isinstance(tensor, dict):
        return ''
    # Of uint8 images, `int8` must not be found.
    written = next((str(tensor[key]) for key in _TYPE_KEYS if key in tensor), '')
    return written.lower().replace('uint8', '')
