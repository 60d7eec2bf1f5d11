# SPDX-License-Identifier: Apache-2.0
"""TensorRT as a runtime: an engine from the cache, or a build, then sessions.

An engine on the GPU: a plan is loaded, and contexts are made that run it.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mobilenet_perception.errors import PerceptionError, RuntimeUnavailableError
from mobilenet_perception.inference.engines import Built, Engine, EngineStore
from mobilenet_perception.inference.runtimes.base import RuntimeSettings, Session, read_signature
from mobilenet_perception.inference.runtimes.tensorrt.build import build_engine, engine_key, tensor
from mobilenet_perception.inference.runtimes.tensorrt.library import Library, load_library
from mobilenet_perception.inference.runtimes.tensorrt.session import TensorRtSession
from mobilenet_perception.system.cuda import load_cuda

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


class TensorRtRuntime:
    """TensorRT on one GPU.

    Args:
        settings: the GPU, build options, and where engines are kept.
        notify: told what takes long; see `create_runtime`.

    Attributes:
        gpu: what it runs on.

    Raises:
        RuntimeUnavailableError: TensorRT is not installed, or there is no such GPU.
    """

    name = 'tensorrt'

    def __init__(self, settings: RuntimeSettings, notify: Callable[[str], None]) -> None:
        self._library = load_library(settings.library)
        if self._library.only_compiles:
            raise RuntimeUnavailableError(
                f'{self._library.name} only compiles here: set library to tensorrt to run'
            )
        self._cuda = load_cuda()
        self.version = self._library.version
        self.gpu = self._cuda.gpu(settings.device)
        self._settings = settings
        self._store = EngineStore(settings.engines)
        self._notify = notify

    @property
    def engines(self) -> Path:
        """Folder of the built engines."""
        return self._store.folder

    def unbuilt(self, models: Mapping[str, bytes]) -> dict[str, str]:
        """Return why models would have to be built; see `BuildingRuntime.unbuilt`."""
        reasons = {
            name: self._store.why_missing(engine_key(model, self._settings), name)
            for name, model in models.items()
        }
        return {name: reason for name, reason in reasons.items() if reason}

    def load(self, model: bytes, name: str) -> Session:
        """Load a model; see `Runtime.load`. Builds its engine if there is none.

        Raises:
            BundleError: TensorRT does not take the model.
            RuntimeUnavailableError: the GPU's memory is full, or TensorRT refuses the engine.
            EngineCacheError: others can write to the cache.
            Exception: what `notify` raises.
        """
        return self.load_engine(model, name)

    def load_engine(self, model: bytes, name: str) -> TensorRtSession:
        """Load a model, as `load` does."""
        engine = self._engine(model, name)
        try:
            return self._session(engine, name)
        except RefusedEngineError as error:
            if engine.built:
                raise
            refused = engine._replace(trouble=error.why)
        return self._session(self._engine(model, name, refused), name)

    def _engine(self, model: bytes, name: str, refused: Engine | None = None) -> Engine:
        settings, notify = self._settings, self._notify

        def build(timing_cache: bytes) -> Built:
            return build_engine(model, name, settings, timing_cache, notify)

        engine = self._store.get(
            engine_key(model, settings),
            name,
            build,
            on_wait=lambda holder: notify(f'{name}: waiting, as {holder}'),
            on_build=lambda reason: notify(f'{name}: building its engine ({reason})'),
            refused=refused,
        )
        if engine.trouble:
            notify(engine.trouble)
        return engine

    def _session(self, engine: Engine, name: str) -> TensorRtSession:
        return TensorRtSession(self._library, self._cuda, engine.plan, name, self._settings)


def create(settings: RuntimeSettings, notify: Callable[[str], None]) -> TensorRtRuntime:
    """Return the runtime."""
    return TensorRtRuntime(settings, notify)
