# SPDX-License-Identifier: Apache-2.0
"""A plan becomes an engine on the GPU again.

What an engine depends on.

In which precision an engine really computes, as the engine itself tells.
"""

import hashlib
import json
from collections import Counter
from typing import Any

from mobilenet_perception.errors import PerceptionError, RuntimeUnavailableError
from mobilenet_perception.inference.engines import EngineKey
from mobilenet_perception.inference.runtimes.settings import RuntimeSettings
from mobilenet_perception.inference.runtimes.signature import read_signature
from mobilenet_perception.inference.runtimes.tensorrt.library import Library, load_library
from mobilenet_perception.inference.runtimes.tensorrt.network import tensor
from mobilenet_perception.system.cuda import Gpu, load_cuda

_REBUILD = 'remove it with python -m mobilenet_perception engines clean --all: it is built again'


class RefusedEngineError(RuntimeUnavailableError):
    """TensorRT refuses an engine although it is what was built.

    Attributes:
        why: the refusal in a few words.
    """

    def __init__(self, library: Library, what: str) -> None:
        self.why = f'{library.name} {library.version} refuses {what} ({library.log.reason()})'
        super().__init__(f'{self.why}: {_REBUILD}')


class LoadedEngine:
    """An engine on the GPU of this thread.

    Args:
        library: TensorRT.
        plan: what this machine built, its checksum verified: it is native code.
        name: of the variant, for messages.
        dla_core: the DLA it was built for; -1: none.

    Attributes:
        signature: what it takes and gives.
        largest_batch: most images at once.
        scratch_bytes: memory that a run needs for what is between input and output.

    Raises:
        RefusedEngineError: TensorRT refuses the plan.
        RuntimeUnavailableError: the GPU's memory is full.
        BundleError: the engine is not of a variant.
    """

    def __init__(self, library: Library, plan: bytes, name: str, dla_core: int = -1) -> None:
        self._library, self._name = library, name
        module = library.module
        self._runtime = library.make('Runtime')
        if dla_core >= 0:
            self._runtime.DLA_core = dla_core
        self._engine = self._runtime.deserialize_cuda_engine(plan)
        if self._engine is None:
            raise self._refused('the engine')
        names = [self._engine.get_tensor_name(i) for i in range(self._engine.num_io_tensors)]
        inputs, outputs = (
            [each for each in names if self._engine.get_tensor_mode(each) == mode]
            for mode in (module.TensorIOMode.INPUT, module.TensorIOMode.OUTPUT)
        )
        self.signature = read_signature(
            name, [*map(self._tensor, inputs)], [*map(self._tensor, outputs)]
        )
        self._image, self._scores = inputs[0], outputs[0]
        self._profiles: int = self._engine.num_optimization_profiles
        self.largest_batch = 1
        if self.signature.takes_several:
            largest = self._engine.get_tensor_profile_shape(self._image, self._profiles - 1)[2]
            self.largest_batch = int(largest[0])
        self.scratch_bytes: int = self._engine.device_memory_size_v2

    def make_context(
        self, count: int, images: int, scores: int, scratch: tuple[int, int], stream: int
    ) -> Any:
        """Return a context that is ready to run on so many images.

        Args:
            count: how many images, from 1 to `largest_batch`.
            images: address of the images on the GPU.
            scores: address of the scores.
            scratch: address and size of at least `scratch_bytes`; contexts that do not run at the
                same time may share it.
            stream: where the context is set up.
        """
        strategy = self._library.module.ExecutionContextAllocationStrategy.USER_MANAGED
        context = self._engine.create_execution_context(strategy)
        if context is None:
            raise self._refused('a context')
        if self._profiles > 1:
            # The first is for one image, the second for several; see build.py.
            context.set_optimization_profile_async(int(count > 1), stream)
        size = self.signature.height, self.signature.width, 3
        shaped = context.set_input_shape(self._image, (count, *size))
        context.set_device_memory(*scratch)
        if not (
            shaped
            and context.set_tensor_address(self._image, images)
            and context.set_tensor_address(self._scores, scores)
        ):
            raise PerceptionError(
                f'variant {self._name}: TensorRT does not run on {count} images at once '
                f'({self._library.log.reason()}): {_REBUILD}'
            )
        return context

    def _tensor(self, name: str) -> Any:
        return tensor(self._engine.get_tensor_dtype(name), self._engine.get_tensor_shape(name))

    def _refused(self, what: str) -> RuntimeUnavailableError:
        log = self._library.log
        if log.is_out_of_memory():
            return RuntimeUnavailableError(
                f'the memory of the GPU does not suffice for {what} of {self._name}: end other '
                f'programs on it, or choose a smaller bundle ({log.reason()})'
            )
        return RefusedEngineError(self._library, f'{what} of {self._name}')


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


# How TensorRT writes types: short, and inside a description of the memory layout.
_PRECISIONS = {
    'int8': ('int8',),
    'fp16': ('fp16', 'half'),
    'bf16': ('bf16', 'bfloat16'),
    'fp32': ('fp32', 'float'),
}
# 10.x writes type and layout as one; 11.x each for itself.
_TYPE_KEYS = ('Datatype', 'DataType', 'Format/Datatype')


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
