# SPDX-License-Identifier: Apache-2.0
"""How far a build is, and a way to stop it."""

import threading
from collections.abc import Callable
from typing import Any, Protocol


class Monitor(Protocol):
    """TensorRT's progress monitor.

    Attributes:
        error: what stopped the build; None: nothing did.
    """

    error: BaseException | None


def make_monitor(module: Any, tell: Callable[[str], None]) -> Monitor:
    """Return a monitor for TensorRT.

    Args:
        module: TensorRT.
        tell: told what is done and how far that is, in words, by any thread, one at a time. What
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
                        tell(f'{phase_name.lower()}, {step + 1} of {steps}')
                    except BaseException as error:
                        self.error = error
                return self.error is None

        def phase_finish(self, phase_name: str) -> None:
            with self._lock:
                self._steps.pop(phase_name, None)

    monitor: Monitor = TensorRtMonitor()
    return monitor
