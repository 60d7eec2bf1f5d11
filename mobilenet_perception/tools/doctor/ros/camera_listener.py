# SPDX-License-Identifier: Apache-2.0
"""Listens to one camera topic, and remembers how its frames came."""

import time
from array import array
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CompressedImage, Image

from mobilenet_perception.frames.messages import to_nanoseconds
from mobilenet_perception.pipeline.timing import NS_PER_MS, Arrivals
from mobilenet_perception.recordings.cdr import COMPRESSED, IMAGE
from mobilenet_perception.tools.bags.info.pictures import Pictures
from mobilenet_perception.tools.bags.info.times import rate_of, stamps_of
from mobilenet_perception.tools.doctor.facts import StreamFacts

_TYPES = {IMAGE: Image, COMPRESSED: CompressedImage}
# Deep enough to bridge a decoding, and not so deep that large images fill the memory.
_DEPTH = 20
# Decoding all would make this listener lose frames by itself.
_LOOK_EVERY_NS = 200 * NS_PER_MS
# Until both listeners are surely connected.
_SETTLE_NS = 500 * NS_PER_MS
_MOST_FRAMES = 100_000
# Gaps from which losses are told: a look is short.
_ENOUGH = 10


class Rules(NamedTuple):
    """Parameters of the node that frames are judged by; times in milliseconds."""

    latency_budget_ms: float
    max_clock_skew_ms: float
    decision_timeout_ms: float
    simulated: bool


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
        self._arrivals = Arrivals(_MOST_FRAMES, _ENOUGH)
        self._stamps, self._system, self._steady = array('q'), array('q'), array('q')
        self._simulated = array('q')
        self._bytes = 0
        self._looked_ns = 0
        self._compared = self._best_effort = 0
        self._compare_from_ns = time.monotonic_ns() + _SETTLE_NS
        asked = ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT
        qos = QoSProfile(depth=_DEPTH, reliability=asked)
        node.create_subscription(_TYPES[kind], topic, self._take, qos)
        if reliable:
            qos = QoSProfile(depth=_DEPTH, reliability=ReliabilityPolicy.BEST_EFFORT)
            # Serialised: only its coming counts.
            node.create_subscription(_TYPES[kind], topic, self._count, qos, raw=True)

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
            frame_bytes=self._bytes / frames if frames else 0.0,
            rate=rate,
            stamps=stamps_of(
                stamps, np.array(times, np.int64), rules.latency_budget_ms, rules.max_clock_skew_ms
            )
            if frames
            else None,
            arrivals=self._arrivals.summary(),
            simulated_age_ms=float(np.median(ages_ms)) if frames and self._has_clock else None,
            encodings=dict(self._pictures.encodings),
            sizes=dict(self._pictures.sizes),
            decoded=self._pictures.decoded,
            rejected=self._pictures.rejected.counts(),
        )

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
        self._pictures.see(message, look)
        if look:
            self._looked_ns = now_ns

    def _count(self, serialised: bytes) -> None:
        self._best_effort += time.monotonic_ns() >= self._compare_from_ns
