# SPDX-License-Identifier: Apache-2.0
"""The steps of /clock: a simulation clock that comes seldom makes ages as coarse as itself."""

import time
from collections import deque
from typing import Any

from rclpy.clock import JumpThreshold
from rclpy.duration import Duration
from rclpy.node import Node

# Steps of less are fine enough for budgets of tens of milliseconds.
_COARSE_MS = 50.0
# So many steps within so long are no single jump.
_ENOUGH, _WINDOW_S = 4, 3.0


class ClockWatch:
    """Watches over how /clock comes.

    Args:
        node: its clock is watched; on system time there is nothing to see.
    """

    def __init__(self, node: Node) -> None:
        self._steps: deque[tuple[float, float]] = deque(maxlen=_ENOUGH)
        threshold = JumpThreshold(
            min_forward=Duration(nanoseconds=round(_COARSE_MS * 1e6)),
            min_backward=None,
            on_clock_change=False,
        )
        # The handle must be kept: rclpy crashes when it is collected.
        self._handle = node.get_clock().create_jump_callback(
            threshold, post_callback=self._on_step
        )

    def close(self) -> None:
        """End it."""
        self._handle.unregister()

    def trouble(self) -> str:
        """Say that /clock comes too seldom; empty when it does not."""
        since_s = time.monotonic() - _WINDOW_S
        recent_ms = [step_ms for moment_s, step_ms in self._steps if moment_s >= since_s]
        if len(recent_ms) < _ENOUGH:
            return ''
        step_ms = sorted(recent_ms)[_ENOUGH // 2]
        return (
            f'/clock comes too seldom, in steps of {step_ms:.0f} ms: stamps of frames lie before '
            'or after it by as much, and ages are as coarse; play it at 100 Hz or more '
            '(ros2 bag play --clock 100, or the rate of the simulator)'
        )

    def _on_step(self, jump: Any) -> None:
        self._steps.append((time.monotonic(), jump.delta.nanoseconds / 1e6))
