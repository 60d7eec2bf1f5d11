# SPDX-License-Identifier: Apache-2.0
"""Parameters of the advisor: names, defaults, ranges, units; and the rules that they give."""

from collections.abc import Mapping
from typing import Any

from mobilenet_perception.pipeline.parameters import Specification, refusal
from mobilenet_perception.planner.advice import SpeedRules, rules_by_label

# The lists speak of the default bundle. A speed limit for cars is none for a delivery robot.
ADVISOR_PARAMETERS: Mapping[str, Specification] = {
    'cameras': Specification(['camera'], 'names of the cameras'),
    'classifier': Specification(
        'classifier', 'name of the node whose decisions to follow'
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
        ['background', 'priority_road', 'traffic_light_green', 'speed_limit'],
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
