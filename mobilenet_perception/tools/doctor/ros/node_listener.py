# SPDX-License-Identifier: Apache-2.0
"""Asks one classifier node for its state and parameters, and hears what it says of itself."""

from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from lifecycle_msgs.srv import GetState
from rcl_interfaces.srv import GetParameters, ListParameters
from rclpy.node import Node
from rclpy.parameter import parameter_value_to_python
from rclpy.qos import QoSProfile

from mobilenet_perception.frames.messages import to_nanoseconds
from mobilenet_perception.pipeline.parameters import MACHINE
from mobilenet_perception.pipeline.timing import FrameRecord, read_timing
from mobilenet_perception.tools.doctor.facts import NodeFacts

# As deep as the node's own queue of outcomes.
_QOS = QoSProfile(depth=100)


class _Question:
    """A service call that is made when the service is there, and whose answer may never come."""

    def __init__(self, node: Node, kind: Any, service: str, request: Any) -> None:
        self._client = node.create_client(kind, service)
        self._request = request
        self._future: Any = None

    def answer(self) -> Any:
        """Return the answer; None: there is none yet."""
        if self._future is None:
            if self._client.service_is_ready():
                self._future = self._client.call_async(self._request)
            return None
        return self._future.result() if self._future.done() else None


class NodeListener:
    """One classifier node.

    Args:
        node: asks and listens.
        name: full name of the classifier.
    """

    def __init__(self, node: Node, name: str) -> None:
        self.name = name
        self.parameters: dict[str, Any] = {}
        self.state = ''
        self._node = node
        self._state = _Question(node, GetState, f'{name}/get_state', GetState.Request())
        self._names = _Question(
            node, ListParameters, f'{name}/list_parameters', ListParameters.Request()
        )
        self._values: _Question | None = None
        self._asked: list[str] = []
        self._said: dict[str, DiagnosticStatus] = {}
        self._records: dict[str, list[FrameRecord]] = {}
        self._listened: set[str] = set()

    def poll(self, timing_topics: Mapping[str, str]) -> None:
        """Take in answers, and listen to timing topics, given by camera, that are new."""
        if answer := self._state.answer():
            self.state = str(answer.current_state.label)
        if self._values is None and (answer := self._names.answer()):
            self._asked = list(answer.result.names)
            request = GetParameters.Request(names=self._asked)
            self._values = _Question(
                self._node, GetParameters, f'{self.name}/get_parameters', request
            )
        elif self._values is not None and (answer := self._values.answer()):
            values = map(parameter_value_to_python, answer.values)
            self.parameters = dict(zip(self._asked, values, strict=False))
        for camera in timing_topics.keys() - self._listened:
            self._listened.add(camera)
            self._node.create_subscription(
                DiagnosticArray, timing_topics[camera], partial(self._timing, camera), _QOS
            )

    def hear(self, message: DiagnosticArray) -> None:
        """Take in a message of `/diagnostics`."""
        for status in message.status:
            if status.hardware_id == self.name:
                self._said[status.name] = status

    def facts(self, instances: int, elsewhere: bool | None) -> NodeFacts:
        """Return what there is to know of it."""
        return NodeFacts(
            name=self.name,
            instances=instances,
            state=self.state,
            parameters=self.parameters,
            trouble=self._trouble(elsewhere),
            records={camera: tuple(records) for camera, records in self._records.items()},
            elsewhere=elsewhere,
        )

    def _trouble(self, elsewhere: bool | None) -> str:
        """Return what it says of itself; its cameras and its clock are looked at here, too."""
        own = self.name.rpartition('/')[2]
        names = [own, f'{own}: {MACHINE}'] if elsewhere else [own]
        return '; '.join(
            self._said[name].message
            for name in names
            if name in self._said
            and self._said[name].level != DiagnosticStatus.OK
            and '/clock' not in self._said[name].message
        )

    def _timing(self, camera: str, message: DiagnosticArray) -> None:
        values = {item.key: item.value for status in message.status for item in status.values}
        stamp_ns = to_nanoseconds(message.header.stamp)
        # A node of another release may say it otherwise.
        with suppress(KeyError, ValueError):
            record = read_timing(camera, stamp_ns, values)
            self._records.setdefault(camera, []).append(record)
