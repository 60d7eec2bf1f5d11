# SPDX-License-Identifier: Apache-2.0
"""Which runtime serves a bundle on this machine: at once, and when engines have been built."""

from collections.abc import Mapping
from typing import NamedTuple

from mobilenet_perception.errors import RuntimeUnavailableError
from mobilenet_perception.runtimes import create_runtime
from mobilenet_perception.runtimes.base import Runtime
from mobilenet_perception.runtimes.settings import RuntimeSettings

AUTO = 'auto'
_BUILDS = 'tensorrt'
_READY = 'onnxruntime'


class RuntimePlan(NamedTuple):
    """What serves.

    Attributes:
        now: from the start.
        later: when its engines are built; None: nothing is to be built, or nothing else can
            serve meanwhile and `now` builds as it loads.
        notes: why, a sentence each.
    """

    now: Runtime
    later: Runtime | None
    notes: tuple[str, ...]


def plan_runtime(name: str, settings: RuntimeSettings, models: Mapping[str, bytes]) -> RuntimePlan:
    """Choose.

    Args:
        name: of a runtime; `auto`: TensorRT where it is installed and has a GPU, otherwise the
            CPU runtime.
        settings: for the runtime.
        models: ONNX, by name of the variant.

    Raises:
        RuntimeUnavailableError: it is not installed or cannot run here.
    """
    notes = []
    try:
        runtime = create_runtime(_BUILDS if name == AUTO else name, settings)
    except RuntimeUnavailableError as error:
        if name != AUTO:
            raise
        return RuntimePlan(create_runtime(_READY, settings), None, (f'on the CPU: {error}',))
    unbuilt = runtime.unbuilt(models)
    if not unbuilt:
        return RuntimePlan(runtime, None, ())
    notes += [f'{variant} must be built: {reason}' for variant, reason in unbuilt.items()]
    try:
        return RuntimePlan(create_runtime(_READY, settings), runtime, tuple(notes))
    except RuntimeUnavailableError as error:
        notes.append(f'nothing serves until then: {error}')
        return RuntimePlan(runtime, None, tuple(notes))
