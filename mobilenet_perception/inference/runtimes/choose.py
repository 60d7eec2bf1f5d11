# SPDX-License-Identifier: Apache-2.0
"""The runtimes there are, by name, and which of them serves a bundle on this machine."""

import importlib
from collections.abc import Callable, Mapping
from typing import NamedTuple

from mobilenet_perception.errors import RuntimeUnavailableError
from mobilenet_perception.inference.runtimes import base


class RuntimeEntry(NamedTuple):
    """A runtime that there is.

    Attributes:
        module: the one here that has `create(settings, notify) -> Runtime`.
        libraries: Python packages that it runs or compiles on, the one that it needs first: the
            doctor and `env` look at each.
        install: how to get that one, an imperative.
    """

    module: str
    libraries: tuple[str, ...]
    install: str


# By the name that users give.
RUNTIMES: Mapping[str, RuntimeEntry] = {
    'onnxruntime': RuntimeEntry(
        'onnx_runtime', ('onnxruntime',), "install it with pip install 'onnxruntime>=1.17'"
    ),
    'tensorrt': RuntimeEntry(
        'tensorrt',
        ('tensorrt', 'tensorrt_rtx'),
        'on a Jetson it comes with JetPack 6 or newer (apt install python3-libnvinfer, never '
        'pip); on x86-64 with an NVIDIA GPU install it with pip install tensorrt',
    ),
}
AUTO = 'auto'
_ON_GPU = 'tensorrt'
ON_CPU = 'onnxruntime'


class RuntimePlan(NamedTuple):
    """What serves.

    Attributes:
        now: from the start.
        later: when its engines are built; None: nothing is to be built, or nothing else can
            serve meanwhile, and `now` builds as it loads.
        notes: why, a sentence each.
    """

    now: base.Runtime
    later: base.Runtime | None
    notes: tuple[str, ...]


def create_runtime(
    name: str = 'onnxruntime',
    settings: base.RuntimeSettings = base.DEFAULT,
    notify: Callable[[str], None] = lambda words: None,
) -> base.Runtime:
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
            f'mobilenet_perception.inference.runtimes.{RUNTIMES[name].module}'
        )
    except ImportError as error:
        raise cannot_load(name, error) from error
    runtime: base.Runtime = found.create(settings, notify)
    return runtime


def choose_runtime(
    name: str = AUTO,
    settings: base.RuntimeSettings = base.DEFAULT,
    notify: Callable[[str], None] = lambda words: None,
) -> base.Runtime:
    """Return a runtime by its name; `auto`: TensorRT where it can run, else ONNX Runtime.

    Args:
        name: as for `create_runtime`, or `auto`.
        settings: as for `create_runtime`.
        notify: as for `create_runtime`.

    Raises:
        RuntimeUnavailableError: it is not installed or cannot run here.
    """
    return _chosen(name, settings, notify)[0]


def plan_runtime(
    name: str, settings: base.RuntimeSettings, models: Mapping[str, bytes]
) -> RuntimePlan:
    """Choose a runtime, and another that serves while its engines are built.

    Args:
        name: as for `choose_runtime`.
        settings: as for `create_runtime`.
        models: ONNX, by name of the variant.

    Raises:
        RuntimeUnavailableError: it is not installed or cannot run here.
    """
    runtime, notes = _chosen(name, settings, lambda words: None)
    unbuilt = runtime.unbuilt(models) if isinstance(runtime, base.BuildingRuntime) else {}
    notes += [f'the engine of {variant} must be built: {why}' for variant, why in unbuilt.items()]
    if not unbuilt:
        return RuntimePlan(runtime, None, tuple(notes))
    try:
        return RuntimePlan(create_runtime(ON_CPU, settings), runtime, tuple(notes))
    except RuntimeUnavailableError as error:
        notes.append(f'nothing serves until the engines are built: {error}')
        return RuntimePlan(runtime, None, tuple(notes))


def cannot_load(name: str, error: ImportError) -> RuntimeUnavailableError:
    """Return what to say of a runtime whose library cannot be imported."""
    return RuntimeUnavailableError(
        f'the runtime {name} cannot be loaded ({error}): {RUNTIMES[name].install}'
    )


def _chosen(
    name: str, settings: base.RuntimeSettings, notify: Callable[[str], None]
) -> tuple[base.Runtime, list[str]]:
    if name != AUTO:
        return create_runtime(name, settings, notify), []
    try:
        return create_runtime(_ON_GPU, settings, notify), []
    except RuntimeUnavailableError as error:
        return create_runtime(ON_CPU, settings, notify), [f'the CPU serves: {error}']
