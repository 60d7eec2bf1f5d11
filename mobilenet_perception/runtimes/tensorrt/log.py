# SPDX-License-Identifier: Apache-2.0
"""What TensorRT says of its troubles: it returns nothing and logs the reason."""

import threading
from typing import Any, Protocol

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
