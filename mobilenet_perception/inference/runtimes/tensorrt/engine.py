# SPDX-License-Identifier: Apache-2.0
"""An engine on the GPU: a plan is loaded, and contexts are made that run it."""

from typing import Any

from mobilenet_perception.errors import PerceptionError, RuntimeUnavailableError
from mobilenet_perception.inference.runtimes.base import read_signature
from mobilenet_perception.inference.runtimes.tensorrt.library import Library
from mobilenet_perception.inference.runtimes.tensorrt.network import tensor

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
