# SPDX-License-Identifier: Apache-2.0
"""The labels of street signals, in the order of the network's outputs."""

BACKGROUND = 'background'

TRAFFIC_LIGHTS = ('traffic_light_red', 'traffic_light_yellow', 'traffic_light_green')

SIGNAL_LABELS = (
    *TRAFFIC_LIGHTS,
    'stop',
    'yield',
    'no_entry',
    'pedestrians',
    'children_crossing',
    'bicycles_crossing',
    'road_work',
    'general_caution',
    'priority_road',
    'speed_limit',
    'other_sign',
)

LABELS = (*SIGNAL_LABELS, BACKGROUND)
