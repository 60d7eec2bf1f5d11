# SPDX-License-Identifier: Apache-2.0
"""Colours of drawings: of labels, all light enough for dark letters on them, and of outcomes."""

from collections.abc import Iterable

from mobilenet_perception.timing import Outcome

# Red and green differ in lightness and in blue, so that they are two to a colour-blind eye too.
_FIXED = {
    'traffic_light_red': '#ee8577',
    'traffic_light_yellow': '#f5d565',
    'traffic_light_green': '#7fdcc0',
    'background': '#dfe3e8',
    'unknown': '#dfe3e8',
    'stale': '#b4bcc6',
}
# The golden angle keeps neighbours in the list of labels far apart in hue.
_ANGLE = 137.508

# After Okabe and Ito's palette for all kinds of eyes (jfly.uni-koeln.de/color, 2008): neighbours
# differ in lightness too.
OUTCOME_COLOURS = {
    Outcome.ON_TIME: '#3f8fd2',
    Outcome.LATE: '#f0c020',
    Outcome.EXPIRED: '#d55e00',
    Outcome.SUPERSEDED: '#c3cad2',
    Outcome.REJECTED: '#9c4a86',
    Outcome.FAILED: '#5c1438',
}


def label_colours(labels: Iterable[str], others: Iterable[str] = ()) -> dict[str, str]:
    """Return a CSS colour for each label, the same for the same list; `others` come after."""
    labels = list(dict.fromkeys((*labels, *sorted(set(others)))))
    return {
        label: _FIXED.get(label) or f'hsl({(200 + index * _ANGLE) % 360:.0f} 62% 76%)'
        for index, label in enumerate(labels)
    } | _FIXED
