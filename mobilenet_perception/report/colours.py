# SPDX-License-Identifier: Apache-2.0
"""Colours of labels in drawings: all light enough for dark letters on them."""

from collections.abc import Iterable

_FIXED = {
    'traffic_light_red': '#f08a80',
    'traffic_light_yellow': '#f5d565',
    'traffic_light_green': '#83cf94',
    'background': '#dfe3e8',
    'unknown': '#dfe3e8',
    'stale': '#b4bcc6',
    '': '#ffffff',
}
# The golden angle keeps neighbours in the list of labels far apart in hue.
_ANGLE = 137.508


def label_colours(labels: Iterable[str], others: Iterable[str] = ()) -> dict[str, str]:
    """Return a CSS colour for each label, the same for the same list; `others` come after."""
    labels = list(dict.fromkeys((*labels, *sorted(set(others)))))
    return {
        label: _FIXED.get(label) or f'hsl({(200 + index * _ANGLE) % 360:.0f} 62% 76%)'
        for index, label in enumerate(labels)
    } | _FIXED
