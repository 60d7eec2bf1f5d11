# SPDX-License-Identifier: Apache-2.0
"""The setter of a camera's region of interest on the node, as a robot with a map sets it."""

import time
from typing import Any

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames import RegionOfInterest

# At most so often, and only when an edge has moved by so many pixels.
_PERIOD_NS = 100_000_000
_STEP = 4


class RegionSetter:
    """Sets `<camera>.roi` on a node through its parameter service, without waiting for it."""

    def __init__(self, node: Any, target: str) -> None:
        from rcl_interfaces.srv import SetParameters  # noqa: PLC0415

        self._request = SetParameters.Request
        self._target = target
        self._client = node.create_client(SetParameters, f'/{target}/set_parameters')
        self._asked: dict[str, RegionOfInterest | None] = {}
        self._confirmed: dict[str, RegionOfInterest | None] = {}
        self._next_ns: dict[str, int] = {}
        self._pending = 0

    @property
    def is_waiting(self) -> bool:
        """Whether an answer is still to come."""
        return self._pending > 0

    def wait(self, seconds: float) -> None:
        """Wait for the node's parameter service.

        Raises:
            PerceptionError: it does not come.
        """
        if not self._client.wait_for_service(timeout_sec=max(1.0, seconds)):
            raise PerceptionError(f'no node {self._target} offers its parameters')

    def confirmed(self, camera: str) -> RegionOfInterest | None:
        """Return the region that the node has taken over."""
        return self._confirmed.get(camera)

    def request(self, camera: str, roi: RegionOfInterest | None) -> None:
        """Ask the node to look there, unless it does already, or was asked just now."""
        now_ns = time.monotonic_ns()
        if now_ns < self._next_ns.get(camera, 0) or not moved(self._asked.get(camera), roi):
            return
        from rclpy.parameter import Parameter  # noqa: PLC0415

        self._next_ns[camera] = now_ns + _PERIOD_NS
        self._asked[camera] = roi
        # Whole zeros stand for "everywhere": an empty list has no type in a parameter message.
        value = [int(number) for number in roi or (0, 0, 0, 0)]
        parameter = Parameter(f'{camera}.roi', value=value).to_parameter_msg()
        self._pending += 1
        future = self._client.call_async(self._request(parameters=[parameter]))
        future.add_done_callback(lambda done: self._answered(camera, roi, done))

    def _answered(self, camera: str, roi: RegionOfInterest | None, future: Any) -> None:
        self._pending -= 1
        result = future.result().results[0]
        if not result.successful:
            raise PerceptionError(f'{self._target} refused {camera}.roi: {result.reason}')
        self._confirmed[camera] = roi


def moved(old: RegionOfInterest | None, new: RegionOfInterest | None) -> bool:
    """Say whether a region has moved far enough to tell the node."""
    if old is None or new is None:
        return old != new
    return max(abs(a - b) for a, b in zip(old, new, strict=True)) >= _STEP
