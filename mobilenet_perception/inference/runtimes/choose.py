# SPDX-License-Identifier: Apache-2.0
"""Which runtime serves a bundle on this machine: at once, and when engines have been built."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from mobilenet_perception.errors import RuntimeUnavailableError
from mobilenet_perception.inference.runtimes import create_runtime
from mobilenet_perception.inference.runtimes.base import BuildingRuntime, Runtime
from mobilenet_perception.inference.runtimes.settings import DEFAULT, RuntimeSettings

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

    now: Runtime
    later: Runtime | None
    notes: tuple[str, ...]


def choose_runtime(
    name: str = AUTO,
    settings: RuntimeSettings = DEFAULT,
    notify: Callable[[str], None] = lambda words: None,
) -> Runtime:
    """Return a runtime by its name; `auto`: TensorRT where it can run, else ONNX Runtime.

    Args:
        name: as for `create_runtime`, or `auto`.
        settings: as for `create_runtime`.
        notify: as for `create_runtime`.

    Raises:
        RuntimeUnavailableError: it is not installed or cannot run here.
    """
    return _chosen(name, settings, notify)[0]


def plan_runtime(name: str, settings: RuntimeSettings, models: Mapping[str, bytes]) -> RuntimePlan:
    """Choose a runtime, and another that serves while its engines are built.

    Args:
        name: as for `choose_runtime`.
        settings: as for `create_runtime`.
        models: ONNX, by name of the variant.

    Raises:
        RuntimeUnavailableError: it is not installed or cannot run here.
    """
    runtime, notes = _chosen(name, settings, lambda words: None)
    unbuilt = runtime.unbuilt(models) if isinstance(runtime, BuildingRuntime) else {}
    notes += [f'the engine of {variant} must be built: {why}' for variant, why in unbuilt.items()]
    if not unbuilt:
        return RuntimePlan(runtime, None, tuple(notes))
    try:
        return RuntimePlan(create_runtime(ON_CPU, settings), runtime, tuple(notes))
    except RuntimeUnavailableError as error:
        notes.append(f'nothing serves until the engines are built: {error}')
        return RuntimePlan(runtime, None, tuple(notes))


def _chosen(
    name: str, settings: RuntimeSettings, notify: Callable[[str], None]
) -> tuple[Runtime, list[str]]:
    if name != AUTO:
        return create_runtime(name, settings, notify), []
    try:
        return create_runtime(_ON_GPU, settings, notify), []
    except RuntimeUnavailableError as error:
        return create_runtime(ON_CPU, settings, notify), [f'the CPU serves: {error}']
