# SPDX-License-Identifier: Apache-2.0
"""A clock that stands still unless a test moves it."""

MS = 1_000_000
START_NS = 1_700_000_000_000_000_000


class ManualClock:
    """Time that a test moves; both clocks go together."""

    def __init__(self) -> None:
        self.elapsed_ns = 0

    def steady_ns(self) -> int:
        return self.elapsed_ns

    def now_ns(self) -> int:
        return START_NS + self.elapsed_ns
