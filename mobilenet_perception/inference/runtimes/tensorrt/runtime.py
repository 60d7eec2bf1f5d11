# SPDX-License-Identifier: Apache-2.0
"""TensorRT as a runtime: an engine from the cache, or a build, then sessions."""

from collections.abc import Callable, Mapping
from pathlib import Path

from mobilenet_perception.errors import RuntimeUnavailableError
from mobilenet_perception.inference.engines import Built, Engine, EngineStore
from mobilenet_perception.inference.runtimes.base import RuntimeSettings, Session
from mobilenet_perception.inference.runtimes.tensorrt.build import build_engine, engine_key
from mobilenet_perception.inference.runtimes.tensorrt.engine import RefusedEngineError
from mobilenet_perception.inference.runtimes.tensorrt.library import load_library
from mobilenet_perception.inference.runtimes.tensorrt.session import TensorRtSession
from mobilenet_perception.system.cuda import load_cuda


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
