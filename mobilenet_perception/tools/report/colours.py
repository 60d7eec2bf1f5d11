# SPDX-License-Identifier: Apache-2.0
"""The palette of pages and plots: letters and lines, labels, and outcomes of frames."""

from collections.abc import Iterable

from mobilenet_perception.pipeline.timing import Outcome

INK, SOFT, LINE = '#1b2430', '#55616f', '#d9dfe6'
# Okabe, Ito: Color universal design. 2008; without its yellow, which is faint on white.
BLUE, ORANGE, GREEN = '#0072b2', '#d55e00', '#009e73'
PINK, SKY, AMBER = '#cc79a7', '#56b4e9', '#e69f00'

# Of the page, by name; `on` is of letters on `accent` and `over`.
LIGHT = {
    'ink': INK, 'soft': SOFT, 'line': LINE, 'card': '#ffffff', 'page': '#f4f6f8',
    'accent': BLUE, 'over': ORANGE, 'on': '#ffffff',
    'good': '#16713c', 'bad': '#bd2c23', 'warn': '#8a5400',
}  # fmt: skip
DARK = {
    'ink': '#e7ecf2', 'soft': '#a3afbd', 'line': '#323c48', 'card': '#1b222b', 'page': '#12171d',
    'accent': '#5aa5e6', 'over': '#f08030', 'on': '#12171d',
    'good': '#62cf8d', 'bad': '#ff8a80', 'warn': '#f0b35a',
}  # fmt: skip

# Neighbours differ in lightness too, for all kinds of eyes.
OUTCOME_COLOURS = {
    Outcome.ON_TIME: BLUE,
    Outcome.LATE: '#f0c020',
    Outcome.EXPIRED: ORANGE,
    Outcome.SUPERSEDED: '#c3cad2',
    Outcome.REJECTED: '#a83a7a',
    Outcome.FAILED: '#5c1438',
}

# All light enough for dark letters on them. Red and green differ in lightness and in blue, so
# that they are two to a colour-blind eye too.
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


def label_colours(labels: Iterable[str], others: Iterable[str] = ()) -> dict[str, str]:
    """Return a CSS colour for each label, the same for the same list; `others` come after."""
    labels = list(dict.fromkeys((*labels, *sorted(set(others)))))
    return {
        label: _FIXED.get(label) or f'hsl({(200 + index * _ANGLE) % 360:.0f} 62% 76%)'
        for index, label in enumerate(labels)
    } | _FIXED
