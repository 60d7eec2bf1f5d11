# SPDX-License-Identifier: Apache-2.0
"""The node `advisor`: decisions of the cameras in, advice out, continually on the steady clock."""

import importlib
from collections.abc import Callable, Sequence
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.parameter import Parameter
from std_msgs.msg import Bool, Header
from vision_msgs.msg import Classification

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.planner.advice import Advice, Advisor, SpeedRelease
from mobilenet_perception.planner.knowledge import CameraKnowledge
from mobilenet_perception.ros.advisor.parameters import (
    ADVISOR_PARAMETERS,
    advisor_refusal,
    speed_rules,
)
from mobilenet_perception.ros.messages import key_values
from mobilenet_perception.ros.parameters import declare_parameters, read_parameters
from mobilenet_perception.ros.process import RosClock, run_node


class AdvisorNode(Node):  # type: ignore[misc]
    """Node `advisor`; topics and parameters are described in the README.

    Raises:
        PerceptionError: a parameter's value is not allowed.
    """

    def __init__(self) -> None:
        super().__init__('advisor')
        declare_parameters(self, ADVISOR_PARAMETERS)
        values = read_parameters(self, ADVISOR_PARAMETERS)
        for name, value in values.items():
            if reason := advisor_refusal(name, value):
                raise PerceptionError(reason)
        clock = RosClock(self)
        rules = speed_rules(values)
        cameras = {
            camera: CameraKnowledge(
                values['max_age_ms'], values['least_score'], values['silence_ms'], clock
            )
            for camera in values['cameras']
        }
        # Until the first answer it is as if there had been none for long.
        release = SpeedRelease(
            values['release_after_ms'],
            values['release_percent_per_s'],
            rules.stale,
            clock.steady_ns(),
        )
        self._advisor = Advisor(cameras, rules, release, clock)
        self._stop_percent: float = values['stop_percent']
        self._advised: Advice | None = None
        self._speed_limit = self._speed_limit_publisher()
        self._stop = self.create_publisher(Bool, '~/stop', 10)
        self._reason = self.create_publisher(DiagnosticArray, '~/advice', 10)
        for camera, known in cameras.items():
            topic = f'{values["classifier"]}/{camera}/decision'
            self.create_subscription(Classification, topic, self._on_decision(known), 10)
        period_s = values['publish_period_ms'] / 1e3
        # Simulation time may stand still; advice may not.
        self.create_timer(period_s, self._publish, clock=Clock(clock_type=ClockType.STEADY_TIME))
        self.add_on_set_parameters_callback(self._on_set_parameters)

    def _speed_limit_publisher(self) -> Any:
        # Where Nav2 runs its messages are installed; where it does not nobody reads them. So they
        # are no dependency of this package.
        try:
            messages = importlib.import_module('nav2_msgs.msg')
        except ImportError:
            self.get_logger().warning(
                'nav2_msgs is not installed, so no speed_limit is published, only ~/stop and '
                '~/advice: for Nav2 install ros-$ROS_DISTRO-nav2-msgs'
            )
            return None
        return self.create_publisher(messages.SpeedLimit, 'speed_limit', 10)

    def _on_decision(self, known: CameraKnowledge) -> Callable[[Classification], None]:
        def take(message: Classification) -> None:
            known.take(message)
            # A lower speed does not wait for the timer.
            if self._advised is None or self._advisor.now().percent < self._advised.percent:
                self._publish()

        return take

    def _publish(self) -> None:
        advice = self._advised = self._advisor.now()
        header = Header(stamp=self.get_clock().now().to_msg())
        self._stop.publish(Bool(data=advice.word == 'stop'))
        if self._speed_limit is not None:
            message = self._speed_limit.msg_type(header=header, percentage=True)
            message.speed_limit = max(self._stop_percent, advice.percent)
            self._speed_limit.publish(message)
        status = DiagnosticStatus(
            level=DiagnosticStatus.OK if advice.is_sure else DiagnosticStatus.WARN,
            name='advisor: speed',
            message=f'{advice.word}: {advice.reason}',
            hardware_id=advice.camera,
            values=key_values({'advice': advice.word, **_keys(advice)}),
        )
        self._reason.publish(DiagnosticArray(header=header, status=[status]))

    def _on_set_parameters(self, parameters: list[Parameter]) -> SetParametersResult:
        for parameter in parameters:
            if parameter.name in ADVISOR_PARAMETERS:
                reason = f'{parameter.name} is read at the start: set it, and start the node anew'
                return SetParametersResult(successful=False, reason=reason)
        return SetParametersResult(successful=True)


def _keys(advice: Advice) -> dict[str, object]:
    return {
        'percent': advice.percent,
        'asked_percent': advice.asked_percent,
        'camera': advice.camera,
        'label': advice.label,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the node until it is told to end.

    Returns:
        Exit status: 0; or 1 when it could not start, the reason having been logged.
    """
    return run_node('advisor', AdvisorNode, arguments)
