# SPDX-License-Identifier: Apache-2.0
"""`/diagnostics`, once a second on the steady clock: it speaks while simulation time stands."""

from typing import TYPE_CHECKING

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from std_msgs.msg import Header

from mobilenet_perception.pipeline import input_trouble
from mobilenet_perception.pipeline.health import (
    Health,
    camera_health,
    machine_health,
    runtime_health,
)
from mobilenet_perception.pipeline.parameters import MACHINE
from mobilenet_perception.pipeline.pipeline import Pipeline
from mobilenet_perception.ros.classifier.subscriptions import message_type, publishers
from mobilenet_perception.ros.messages import key_values
from mobilenet_perception.system.machine import Sensors, Watch, read_identity

if TYPE_CHECKING:
    from mobilenet_perception.ros.classifier.node import ClassifierNode


class Diagnostics:
    """Publishes the node's health, in every state of its lifecycle."""

    def __init__(self, node: 'ClassifierNode') -> None:
        self._node = node
        self._publisher = node.create_publisher(DiagnosticArray, '/diagnostics', 10)
        self._identity = read_identity()
        self._watch = Watch(Sensors())

    def publish(self) -> None:
        """Publish one report."""
        node = self._node
        header = Header(stamp=node.get_clock().now().to_msg())
        health = machine_health(self._identity, self._watch.looks)
        machine = self._status(f': {MACHINE}', health, 'nothing is known to slow it down')
        pipeline = node.pipeline
        if pipeline is None or not node.subscribed:
            state = 'unconfigured' if pipeline is None else 'inactive'
            idle = self._status('', Health([], {'state': state}), f'{state}: not classifying')
            self._publisher.publish(DiagnosticArray(header=header, status=[idle, machine]))
            return
        watchdog_ms = float(node.values['watchdog_ms'])
        statuses = [self._status('', self._runtime_health(pipeline, watchdog_ms), 'classifying')]
        for camera in node.cameras:
            health = self._camera_health(pipeline, camera)
            statuses.append(self._status(f': {camera}', health, 'classifying'))
        self._publisher.publish(DiagnosticArray(header=header, status=[*statuses, machine]))

    def close(self) -> None:
        """End what runs."""
        self._watch.close()

    def _runtime_health(self, pipeline: Pipeline, watchdog_ms: float) -> Health:
        health = runtime_health(pipeline, watchdog_ms)
        node = self._node
        if node.priority_trouble:
            health.troubles.append(node.priority_trouble)
        if node.runtime_switch and node.runtime_switch.trouble:
            health.troubles.append(node.runtime_switch.trouble)
        if node.get_parameter('use_sim_time').value and not node.get_clock().now().nanoseconds:
            health.troubles.append(
                'use_sim_time is true, but nothing comes on /clock: start the simulation, or '
                'play the bag with --clock'
            )
        values = {'state': 'active', 'bundle': node.bundle.manifest.name, **health.values}
        return Health(health.troubles, values)

    def _camera_health(self, pipeline: Pipeline, camera: str) -> Health:
        subscription = self._node.subscribed[camera]
        state = pipeline.state(camera)
        topic = subscription.topic_name
        silence = ''
        if not state.counts.received:
            transport = self._node.get_parameter(f'{camera}.image_transport').value
            silence = input_trouble.silence(
                topic,
                message_type(transport),
                f'{camera}.image_topic',
                publishers(self._node, subscription),
            )
        return camera_health(state, pipeline.predict_ms(), topic, silence)

    def _status(self, suffix: str, health: Health, well: str) -> DiagnosticStatus:
        return DiagnosticStatus(
            level=DiagnosticStatus.WARN if health.troubles else DiagnosticStatus.OK,
            name=f'{self._node.get_name()}{suffix}',
            message='; '.join(health.troubles) or well,
            hardware_id=self._node.get_fully_qualified_name(),
            values=key_values(health.values),
        )
