# SPDX-License-Identifier: Apache-2.0
"""What the classes of GTSRB are called, and which label of street signals each has."""

from mobilenet_perception.street import LABELS

# By number, in the order of the benchmark.
SIGN_NAMES = (
    'speed_limit_20',
    'speed_limit_30',
    'speed_limit_50',
    'speed_limit_60',
    'speed_limit_70',
    'speed_limit_80',
    'end_of_speed_limit_80',
    'speed_limit_100',
    'speed_limit_120',
    'no_passing',
    'no_passing_trucks',
    'right_of_way_at_next_intersection',
    'priority_road',
    'yield',
    'stop',
    'no_vehicles',
    'no_trucks',
    'no_entry',
    'general_caution',
    'dangerous_curve_left',
    'dangerous_curve_right',
    'double_curve',
    'bumpy_road',
    'slippery_road',
    'road_narrows_right',
    'road_work',
    'traffic_signals',
    'pedestrians',
    'children_crossing',
    'bicycles_crossing',
    'ice_or_snow',
    'wild_animals_crossing',
    'end_of_all_restrictions',
    'turn_right_ahead',
    'turn_left_ahead',
    'ahead_only',
    'straight_or_right',
    'straight_or_left',
    'keep_right',
    'keep_left',
    'roundabout',
    'end_of_no_passing',
    'end_of_no_passing_trucks',
)


def street_label(sign: str) -> str:
    """Return the street signal that a sign is: its own name, `speed_limit` or `other_sign`."""
    if sign in LABELS:
        return sign
    return 'speed_limit' if sign.startswith('speed_limit_') else 'other_sign'
