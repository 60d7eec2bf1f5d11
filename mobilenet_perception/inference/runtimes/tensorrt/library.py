# SPDX-License-Identifier: Apache-2.0
"""The TensorRT library, imported when asked for; all that differs by version is named here.

Of its troubles it returns nothing and logs the reason: its log keeps that. Its progress monitor
tells how far a build is, and stops it.
"""

import functools
import importlib
import re
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any, Protocol

from mobilenet_perception.errors import RuntimeUnavailableError
from mobilenet_perception.inference.runtimes.choose import cannot_load

# The module of each library. TensorRT-RTX counts its versions for itself; from 1.3 on it has the
# interface of TensorRT 11.
_MODULES = {'tensorrt': 'tensorrt', 'tensorrt_rtx': 'tensorrt_rtx_bindings'}
_OLDEST = {'tensorrt': (10, 3), 'tensorrt_rtx': (1, 3)}
# Errors that are kept.
_KEPT = 100


class Log(Protocol):
    """TensorRT's logger; its first errors since the last `clear` are kept."""

    def clear(self) -> None:
        """Forget."""

    def reason(self) -> str:
        """Return the first error since, as one line; `it gives no reason` for none."""

    def is_out_of_memory(self) -> bool:
        """Say whether memory ran out."""


def make_log(module: Any) -> Log:
    """Return a logger for TensorRT; nothing is printed."""
    severity = module.ILogger.Severity
    errors = (severity.INTERNAL_ERROR, severity.ERROR)

    # The base class exists only once TensorRT is imported.
    class TensorRtLog(module.ILogger):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self._lines: list[str] = []
            self._lock = threading.Lock()

        def log(self, severity: Any, message: str) -> None:
            if severity in errors:
                with self._lock:
                    # The first of them is the cause.
                    if len(self._lines) < _KEPT:
                        self._lines.append(' '.join(message.split()))

        def clear(self) -> None:
            with self._lock:
                self._lines.clear()

        def reason(self) -> str:
            with self._lock:
                return self._lines[0] if self._lines else 'it gives no reason'

        def is_out_of_memory(self) -> bool:
            with self._lock:
                text = ' '.join(self._lines).lower()
            return 'out of memory' in text or 'outofmemory' in text

    log: Log = TensorRtLog()
    return log


class Monitor(Protocol):
    """TensorRT's progress monitor.

    Attributes:
        error: what stopped the build; None: nothing did.
    """

    error: BaseException | None


def make_monitor(module: Any, notify: Callable[[str], None]) -> Monitor:
    """Return a monitor for TensorRT.

    Args:
        module: TensorRT.
        notify: told what is done and how far that is, in words, by any thread, one at a time. What
            it raises stops the build, and is kept: it must not pass through TensorRT.
    """

    # The base class exists only once TensorRT is imported.
    class TensorRtMonitor(module.IProgressMonitor):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.error: BaseException | None = None
            self._steps: dict[str, int] = {}
            self._lock = threading.Lock()

        def phase_start(self, phase_name: str, parent_phase: str | None, num_steps: int) -> None:
            with self._lock:
                self._steps[phase_name] = num_steps

        def step_complete(self, phase_name: str, step: int) -> bool:
            with self._lock:
                if self.error is None:
                    try:
                        steps = self._steps.get(phase_name, step + 1)
                        notify(f'{phase_name.lower()}, {step + 1} of {steps}')
                    except BaseException as error:
                        self.error = error
                return self.error is None

        def phase_finish(self, phase_name: str) -> None:
            with self._lock:
                self._steps.pop(phase_name, None)

    monitor: Monitor = TensorRtMonitor()
    return monitor


class Library:
    """TensorRT, or TensorRT-RTX, which compiles on machines without a GPU.

    Args:
        name: `tensorrt` or `tensorrt_rtx`.
        module: the imported module.
        version: of the library, such as `10.13.0`.

    Attributes:
        log: the one that all of the library's objects write to.

    Raises:
        RuntimeUnavailableError: the version is older than all that is supported.
    """

    def __init__(self, name: str, module: ModuleType, version: str) -> None:
        self.name = name
        self.module = module
        self.version = version
        self._number = tuple(int(part) for part in re.findall(r'\d+', version)[:2])
        if self._number < _OLDEST[name]:
            oldest = '.'.join(map(str, _OLDEST[name]))
            raise RuntimeUnavailableError(
                f'{name} {version} is too old, as models state their precision themselves: '
                f'install {oldest} or newer (on a Jetson, JetPack 6 or newer)'
            )
        self.log = make_log(module)

    @property
    def only_compiles(self) -> bool:
        """Whether engines are for a GPU that need not be here, and do not run here."""
        return self.name == 'tensorrt_rtx'

    @property
    def can_type_weakly(self) -> bool:
        """Whether types may be left to TensorRT where a strongly typed build fails.

        Strong typing lacks operators before 10.12; weak typing is gone from 11 on.
        """
        return self.name == 'tensorrt' and self._number < (10, 12)

    @property
    def keeps_timing_cache(self) -> bool:
        """Whether a build leaves measurements for the next: RTX measures nothing."""
        return self.name == 'tensorrt'

    def make(self, kind: str) -> Any:
        """Make what all else is made by: a `Builder` or a `Runtime`.

        Raises:
            RuntimeUnavailableError: TensorRT cannot start on this driver or GPU.
        """
        self.log.clear()
        try:
            made = getattr(self.module, kind)(self.log)
        except (RuntimeError, TypeError) as error:  # what the bindings make of a null pointer
            raise RuntimeUnavailableError(
                f'{self.name} {self.version} cannot start ({self.log.reason()}): install the '
                'NVIDIA driver that this version asks for, or a version for this driver and GPU'
            ) from error
        return made

    def network_flags(self, strongly_typed: bool) -> int:
        """Return the flags of a network; from 11 on, all are strongly typed."""
        return int(strongly_typed) << int(self.module.NetworkDefinitionCreationFlag.STRONGLY_TYPED)


@functools.cache
def load_library(name: str = 'tensorrt') -> Library:
    """Import TensorRT; one object a process, as the library has one log.

    Raises:
        RuntimeUnavailableError: it is not installed, or too old.
    """
    if name not in _MODULES:
        raise RuntimeUnavailableError(
            f'there is no library {name!r}: choose one of {", ".join(_MODULES)}'
        )
    try:
        module = importlib.import_module(_MODULES[name])
    except ImportError as error:
        if name == 'tensorrt':
            raise cannot_load('tensorrt', error) from error
        raise RuntimeUnavailableError(
            f'TensorRT-RTX cannot be loaded ({error}): install it with '
            'pip install tensorrt-rtx-cu13-bindings tensorrt-rtx-cu13-libs (Linux on x86-64)'
        ) from error
    return Library(name, module, str(module.__version__))
