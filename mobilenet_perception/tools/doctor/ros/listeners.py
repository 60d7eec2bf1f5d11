# SPDX-License-Identifier: Apache-2.0
"""Listeners of `doctor`: to one camera topic, and to one classifier node and its answers."""

import time
from array import array
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from lifecycle_msgs.srv import GetState
from rcl_interfaces.srv import GetParameters, ListParameters
from rclpy.node import Node
from rclpy.parameter import parameter_value_to_python
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CompressedImage, Image

from mobilenet_perception.frames.messages import to_nanoseconds
from mobilenet_perception.pipeline.arrivals import Arrivals
from mobilenet_perception.pipeline.parameters import MACHINE
from mobilenet_perception.pipeline.timing import NS_PER_MS, FrameRecord, read_timing
from mobilenet_perception.recordings.cdr import COMPRESSED, IMAGE
from mobilenet_perception.ros.losses import subscribe_counting
from mobilenet_perception.tools.bags.info.scan import Pictures, rate_of, stamps_of
from mobilenet_perception.tools.doctor.facts import NodeFacts, StreamFacts
from mobilenet_perception.tools.doctor.region_stream import Arrival

_TYPES = {IMAGE: Image, COMPRESSED: CompressedImage}
# Deep enough to bridge a decoding, and not so deep that large images fill the memory.
_CAMERA_DEPTH = 20
# Decoding all would make this listener lose frames by itself.
_LOOK_EVERY_NS = 200 * NS_PER_MS
# Until both listeners are surely connected.
_SETTLE_NS = 500 * NS_PER_MS
_MOST_FRAMES = 100_000
# As deep as the node's own queue of outcomes.
_OUTCOMES = QoSProfile(depth=100)


class Rules(NamedTuple):
    """Parameters of the node that frames are judged by; times in milliseconds."""

    latency_budget_ms: float
    max_clock_skew_ms: float
    decision_timeout_ms: float
    simulated: bool
    clock_step_ms: float = 0.0


class CameraListener:
    """One camera topic.

    Where publishers offer to send lost frames again, it takes the offer, and a second listener
    asks for best effort, as the node does: what that one misses gets lost on its way.

    Args:
        node: listens.
        topic: the topic.
        kind: its message type.
        reliable: whether all its publishers offer to send lost frames again.
        simulated_ns: tells the time on `/clock`; None: there is none.
    """

    def __init__(
        self, node: Node, topic: str, kind: str, reliable: bool,
        simulated_ns: Callable[[], int | None],
    ) -> None:  # fmt: skip
        self._reliable = reliable
        self._simulated_ns = simulated_ns
        self._pictures = Pictures()
        self._arrivals = Arrivals(_MOST_FRAMES)
        self._stamps, self._system, self._steady = array('q'), array('q'), array('q')
        self._simulated = array('q')
        self._bytes = 0
        self._looked_ns = 0
        self._compared = self._best_effort = self._lost = 0
        self._compare_from_ns = time.monotonic_ns() + _SETTLE_NS
        asked = ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT
        qos = QoSProfile(depth=_CAMERA_DEPTH, reliability=asked)
        if not reliable:
            _, self._counts_losses = subscribe_counting(
                node, _TYPES[kind], topic, self._take, qos, self._lose
            )
            return
        node.create_subscription(_TYPES[kind], topic, self._take, qos)
        qos = QoSProfile(depth=_CAMERA_DEPTH, reliability=ReliabilityPolicy.BEST_EFFORT)
        # Serialised: only its coming counts.
        _, self._counts_losses = subscribe_counting(
            node, _TYPES[kind], topic, self._count, qos, self._lose, raw=True
        )

    def heard(self, rules: Rules) -> StreamFacts:
        """Return what came so far, judged by a node's rules."""
        steady, stamps = (np.array(times, np.int64) for times in (self._steady, self._stamps))
        frames = len(stamps)
        times = self._simulated if rules.simulated and self._has_clock else self._system
        in_order = frames > 1 and bool(stamps[0] > 0 and (np.diff(stamps) > 0).all())
        rate = rate_of(stamps if in_order else steady, 0, rules.decision_timeout_ms)
        ages_ms = (np.array(self._simulated, np.int64) - stamps) / NS_PER_MS
        return StreamFacts(
            messages=frames,
            seconds=float(steady[-1] - steady[0]) / 1e9 if frames else 0.0,
            reliable=self._reliable,
            compared=self._compared,
            best_effort=self._best_effort,
            lost=self._lost if self._counts_losses else None,
            frame_bytes=self._bytes / frames if frames else 0.0,
            rate=rate,
            stamps=stamps_of(
                stamps,
                np.array(times, np.int64),
                rules.latency_budget_ms,
                rules.max_clock_skew_ms,
                rules.clock_step_ms,
            )
            if frames
            else None,
            arrivals=self._arrivals.summary(),
            simulated_age_ms=float(np.median(ages_ms)) if frames and self._has_clock else None,
            encodings=dict(self._pictures.encodings),
            sizes=dict(self._pictures.sizes),
            decoded=self._pictures.decoded,
            rejected=self._pictures.rejected.counts(),
            picture=self._pictures.picture.facts(),
        )

    def sizes(self) -> list[str]:
        """Return the sizes of frames, such as `640x480`, the most frequent first."""
        sizes = self._pictures.sizes
        return sorted(sizes, key=sizes.__getitem__, reverse=True)

    def arrivals(self) -> list[Arrival]:
        """Return when frames came, and their stamps."""
        return [Arrival(*pair) for pair in zip(self._steady, self._stamps, strict=True)]

    @property
    def _has_clock(self) -> bool:
        return any(self._simulated)

    def _take(self, message: Any) -> None:
        now_ns = time.monotonic_ns()
        stamp_ns = to_nanoseconds(message.header.stamp)
        self._stamps.append(stamp_ns)
        self._system.append(time.time_ns())
        self._steady.append(now_ns)
        self._simulated.append(self._simulated_ns() or 0)
        self._bytes += len(message.data)
        self._arrivals.add(stamp_ns, len(message.data))
        self._compared += now_ns >= self._compare_from_ns
        look = now_ns >= self._looked_ns + _LOOK_EVERY_NS
        self._pictures.see(message, look, now_ns)
        if look:
            self._looked_ns = now_ns

    def _count(self, serialised: bytes) -> None:
        self._best_effort += time.monotonic_ns() >= self._compare_from_ns

    def _lose(self, frames: int) -> None:
        if time.monotonic_ns() >= self._compare_from_ns:
            self._lost += frames


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
                DiagnosticArray, timing_topics[camera], partial(self._timing, camera), _OUTCOMES
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
        own = self.name.lstrip('/')
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
