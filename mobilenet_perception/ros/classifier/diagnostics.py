# SPDX-License-Identifier: Apache-2.0
"""Diagnostics of the node, in every state of its lifecycle: `/diagnostics`."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.node import Node
from std_msgs.msg import Header

from mobilenet_perception.pipeline.clock_ticks import ClockTicks
from mobilenet_perception.pipeline.health import (
    Health,
    camera_health,
    machine_health,
    runtime_health,
)
from mobilenet_perception.pipeline.input_trouble import clock_trouble
from mobilenet_perception.pipeline.parameters import MACHINE
from mobilenet_perception.pipeline.pipeline import Pipeline
from mobilenet_perception.ros.classifier.region_topics import RegionSubscription
from mobilenet_perception.ros.classifier.topics import CameraSubscription
from mobilenet_perception.ros.messages import key_values, status_name
from mobilenet_perception.system.machine import Sensors, Watch, read_identity


class NodeStatus(NamedTuple):
    """What a configured node is doing at one moment.

    Attributes:
        pipeline: runs its frames.
        bundle: name of what it runs.
        watchdog_ms: time after which a run counts as hung.
        troubles: what keeps it from its best, in sentences.
        subscriptions: its cameras, by name; none: it is not active.
        regions: subscriptions to their regions, by camera.
    """

    pipeline: Pipeline
    bundle: str
    watchdog_ms: float
    troubles: Sequence[str]
    subscriptions: Mapping[str, CameraSubscription]
    regions: Mapping[str, RegionSubscription]


class Diagnostics:
    """Publishes the health of a node, in every state of its lifecycle.

    Args:
        node: publishes it, under its name.
        read_status: returns what it is doing now; None: it is not configured.
        ticks: of simulation time, where the node is on it.
    """

    def __init__(
        self, node: Node, read_status: Callable[[], NodeStatus | None], ticks: ClockTicks
    ) -> None:
        self._ticks = ticks
        self._node = node
        self._read_status = read_status
        self._publisher = node.create_publisher(DiagnosticArray, '/diagnostics', 10)
        self._identity = read_identity()
        self._watch = Watch(Sensors())

    def publish(self) -> None:
        """Publish one report."""
        status = self._read_status()
        if status is None or not status.subscriptions:
            state = 'unconfigured' if status is None else 'inactive'
            well = f'{state}: not classifying'
            statuses = [self._report('', Health([], {'state': state}), well)]
        else:
            status.pipeline.clock_step_ms = self._ticks.step_ms
            statuses = [self._report('', self._node_health(status), 'classifying')]
            for camera, subscription in status.subscriptions.items():
                regions = status.regions.get(camera)
                health = _camera_health(status.pipeline, camera, subscription, regions)
                statuses.append(self._report(camera, health, 'classifying'))
        health = machine_health(self._identity, self._watch.readings)
        statuses.append(self._report(MACHINE, health, 'nothing is known to slow it down'))
        header = Header(stamp=self._node.get_clock().now().to_msg())
        self._publisher.publish(DiagnosticArray(header=header, status=statuses))

    def close(self) -> None:
        """End what runs."""
        self._watch.close()

    def _node_health(self, status: NodeStatus) -> Health:
        troubles, values = runtime_health(status.pipeline, status.watchdog_ms)
        troubles += status.troubles
        node = self._node
        if node.get_parameter('use_sim_time').value:
            if not node.get_clock().now().nanoseconds:
                troubles.append(
                    'use_sim_time is true, but nothing comes on /clock: start the simulation, or '
                    'play the bag with --clock'
                )
            elif trouble := clock_trouble(self._ticks.step_ms, self._ticks.per_s):
                troubles.append(trouble)
        return Health(troubles, {'state': 'active', 'bundle': status.bundle, **values})

    def _report(self, of: str, health: Health, well: str) -> DiagnosticStatus:
        return DiagnosticStatus(
            level=DiagnosticStatus.WARN if health.troubles else DiagnosticStatus.OK,
            name=status_name(self._node, of),
            message='; '.join(health.troubles) or well,
            hardware_id=self._node.get_fully_qualified_name(),
            values=key_values(health.values),
        )


def _camera_health(
    pipeline: Pipeline,
    camera: str,
    subscription: CameraSubscription,
    regions: RegionSubscription | None,
) -> Health:
    state = pipeline.state(camera)
    silence = ''
    if not state.counts.received:
        subscription.follow()
        silence = subscription.silence()
    health = camera_health(state, pipeline.predict_ms(), subscription.topic, silence)
    if regions is not None:
        health.values['regions_topic'] = regions.topic
        health.troubles.extend(filter(None, [regions.silence() or state.region_trouble]))
    return health
