# SPDX-License-Identifier: Apache-2.0
"""The node `advisor`: decisions of the cameras in, advice out, continually on the steady clock.

Its parameters have names, defaults, ranges and units here, and give the rules of its advice.
"""

import importlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from std_msgs.msg import Bool, Header
from vision_msgs.msg import Classification, Detection2DArray

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.pipeline.parameters import NODE_PARAMETERS, Specification, refusal
from mobilenet_perception.planner.advice import (
    Advice,
    Advisor,
    SpeedRelease,
    SpeedRules,
    rules_by_label,
)
from mobilenet_perception.planner.knowledge import NOTHING, CameraKnowledge
from mobilenet_perception.ros.messages import key_values, status_name
from mobilenet_perception.ros.parameters import (
    DumpableParameters,
    check_given_parameters,
    declare_parameters,
    read_parameters,
)
from mobilenet_perception.ros.process import RosClock, run_node
from mobilenet_perception.ros.signal_regions.parameters import SIGNAL_REGIONS_PARAMETERS

# The lists speak of the default bundle. A speed limit for cars is none for a delivery robot.
_READ_AT_THE_START: Mapping[str, Specification] = {
    'cameras': Specification(['camera'], 'names of the cameras'),
    'classifier': Specification(
        'classifier', 'name of the node whose decisions to follow', is_name=True
    ),
    'max_age_ms': Specification(
        500.0, 'age of a decision from which it is not acted on, in ms', 1.0, 60_000.0
    ),
    'silence_ms': Specification(
        1000.0,
        "time without decisions from which a camera is stale, in ms: above the classifier's "
        'decision_timeout_ms',
        1.0,
        60_000.0,
    ),
    'least_score': Specification(
        0.5, 'score below which a decision is not acted on, 0 to 1', 0.0, 1.0
    ),
    'stop_labels': Specification(
        ['stop', 'traffic_light_red', 'no_entry'], 'labels that ask for a stop'
    ),
    'slow_labels': Specification(
        [
            'yield', 'traffic_light_yellow', 'pedestrians', 'children_crossing',
            'bicycles_crossing', 'road_work', 'general_caution',
        ],
        'labels that ask for slow_percent',
    ),
    'go_labels': Specification(
        [NOTHING, 'background', 'priority_road', 'traffic_light_green', 'speed_limit'],
        'labels that allow full speed; a label in none of the lists counts as unknown',
    ),
    'slow_percent': Specification(
        50.0, 'speed for slow_labels, percent of full speed', 0.0, 100.0
    ),
    'unknown_percent': Specification(
        50.0, 'speed while no label is sure, percent of full speed', 0.0, 100.0
    ),
    'stale_percent': Specification(
        30.0, 'speed while there is no answer to act on, percent of full speed', 0.0, 100.0
    ),
    'stop_percent': Specification(
        1.0,
        'least speed_limit published, also for a stop: 0 would mean no limit, in percent',
        0.001,
        100.0,
    ),
    'release_after_ms': Specification(
        1000.0, 'time for which a lower speed is held after it was last asked for, in ms',
        0.0, 600_000.0,
    ),
    'release_percent_per_s': Specification(
        50.0, 'rate at which the speed rises after that, percent of full speed a second',
        0.1, 1e6,
    ),
    'publish_period_ms': Specification(
        100.0, 'time between messages, in ms', 5.0, 10_000.0
    ),
}  # fmt: skip
ADVISOR_PARAMETERS: Mapping[str, Specification] = {
    name: specification._replace(
        read_only=True,
        # A list of labels may be empty; one without a name says it, as elsewhere in ROS.
        empty=[''] if name.endswith('_labels') else (),
    )
    for name, specification in _READ_AT_THE_START.items()
}


def advisor_refusal(name: str, value: Any) -> str:
    """Say why a value is not allowed and what is; empty when it is allowed."""
    if name.endswith('_labels'):
        good = isinstance(value, list) and all(isinstance(label, str) for label in value)
        return '' if good else f'{name} must be names of labels, as [stop, yield]; it is {value!r}'
    return refusal(name, ADVISOR_PARAMETERS[name], value)


def speed_rules(values: Mapping[str, Any]) -> SpeedRules:
    """Return the rules that the parameters state.

    Raises:
        PerceptionError: a label is in two of the lists.
    """
    labels = rules_by_label(
        values['stop_labels'], values['slow_labels'], values['go_labels'], values['slow_percent']
    )
    return SpeedRules(labels, values['unknown_percent'], values['stale_percent'])


class AdvisorNode(DumpableParameters, Node):  # type: ignore[misc]
    """Node `advisor`; topics and parameters are described in the README.

    Raises:
        PerceptionError: a parameter's value is not allowed.
    """

    def __init__(self) -> None:
        self.specifications = ADVISOR_PARAMETERS
        super().__init__('advisor')
        declare_parameters(self, ADVISOR_PARAMETERS)
        values = read_parameters(self, ADVISOR_PARAMETERS)
        for name, value in values.items():
            if reason := advisor_refusal(name, value):
                raise PerceptionError(reason)
        others = {*NODE_PARAMETERS, *SIGNAL_REGIONS_PARAMETERS}
        check_given_parameters(self, values['cameras'], others)
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
            topic, take = f'{values["classifier"]}/{camera}', self._on_decision(known)
            # A camera publishes the one, or with regions the other.
            self.create_subscription(Classification, f'{topic}/decision', take, 10)
            self.create_subscription(Detection2DArray, f'{topic}/decisions', take, 10)
        period_s = values['publish_period_ms'] / 1e3
        # Simulation time may stand still; advice may not.
        self.create_timer(period_s, self._publish, clock=Clock(clock_type=ClockType.STEADY_TIME))

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

    def _on_decision(self, known: CameraKnowledge) -> Callable[[Any], None]:
        def take(message: Classification | Detection2DArray) -> None:
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
            name=status_name(self, 'speed'),
            message=f'{advice.word}: {advice.reason}',
            hardware_id=advice.camera,
            values=key_values({'advice': advice.word, **_keys(advice)}),
        )
        self._reason.publish(DiagnosticArray(header=header, status=[status]))


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
