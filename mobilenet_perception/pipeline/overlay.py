# SPDX-License-Identifier: Apache-2.0
"""The overlay: what the node thinks of a frame, drawn on it for people who look on."""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from mobilenet_perception.frames import RegionOfInterest
from mobilenet_perception.pipeline.decision import STALE, UNKNOWN, Decision
from mobilenet_perception.pipeline.region_decisions import ThingDecision
from mobilenet_perception.pipeline.timing import FrameRecord

_GOOD, _WEAK, _BAD = (60, 220, 90), (255, 190, 40), (255, 80, 70)
_COLOURS = {STALE: _BAD, UNKNOWN: _WEAK}
_FONT = cv2.FONT_HERSHEY_SIMPLEX


def draw_overlay(
    rgb: npt.NDArray[np.uint8],
    roi: RegionOfInterest | None,
    decision: Decision,
    record: FrameRecord,
    label: str,
    things: Sequence[ThingDecision] = (),
) -> npt.NDArray[np.uint8]:
    """Return a copy of a frame with its region, its own label, the decision and its age.

    Args:
        rgb: (height, width, 3) uint8 RGB; it is not changed.
        roi: where the node looks; None: everywhere.
        decision: of the camera, after this frame.
        record: the frame's life.
        label: best label of this frame alone; empty: it has none.
        things: what is decided of each thing that the frame's regions name.

    Returns:
        The same shape, uint8 RGB.
    """
    drawn = rgb.copy()
    height, width = drawn.shape[:2]
    colour = _COLOURS.get(decision.label, _GOOD)
    line = max(1, round(height / 240))
    if roi is not None:
        corner = (roi.x + roi.width - 1, roi.y + roi.height - 1)
        cv2.rectangle(drawn, (roi.x, roi.y), corner, colour, line)
    for thing in things:
        _draw_thing(drawn, thing, line)
    bar = max(14, height // 12)
    # Darkened, not covered: something may be seen under it.
    drawn[-2 * bar :] //= 3
    # The score of `unknown` is another label's, and beside that word would contradict it.
    scored = decision.label not in (STALE, UNKNOWN)
    words = f'{decision.label} {decision.score:.2f}' if scored else decision.label
    if record.regions is not None:
        words = f'{record.regions_classified} of {record.regions} regions'
        colour = _WEAK if record.regions_left != record.regions_small else _GOOD
    detail = ' '.join(
        part
        for part in (
            str(record.outcome),
            '' if record.age_ms is None else f'{record.age_ms:.0f} ms',
            label and f'frame: {label}',
            record.variant,
        )
        if part
    )
    for row, (text, ink, size) in enumerate(((words, colour, 0.75), (detail, (255,) * 3, 0.5))):
        scale = _fitting(text, width, size * bar)
        at = (bar // 4, height - (1 - row) * bar - bar // 4)
        cv2.putText(drawn, text, at, _FONT, scale, ink, line if row == 0 else 1, cv2.LINE_AA)
    return drawn


def _draw_thing(drawn: npt.NDArray[np.uint8], thing: ThingDecision, line: int) -> None:
    if thing.roi is None:
        return
    x, y, width, height = thing.roi
    colour = _COLOURS.get(thing.decision.label, _GOOD)
    cv2.rectangle(drawn, (x, y), (x + width - 1, y + height - 1), colour, line)
    text = f'{thing.id} {thing.decision.label}'
    scale = 0.4 * line
    (_, high), _ = cv2.getTextSize(text, _FONT, scale, line)
    # Above the box, or in it where the picture ends.
    base = y - 2 * line if y > high + 2 * line else y + high + 2 * line
    cv2.putText(drawn, text, (max(0, x), base), _FONT, scale, colour, line, cv2.LINE_AA)


def _fitting(text: str, width: int, height: float) -> float:
    """Return the scale at which a text has a height, or fits the width if that is less."""
    (wide, high), _ = cv2.getTextSize(text, _FONT, 1.0, 1)
    return min(height / high, 0.96 * width / max(1, wide))
