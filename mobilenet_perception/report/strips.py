# SPDX-License-Identifier: Apache-2.0
"""Rows of the timeline that count: outcomes of frames, and the age of their answers."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from mobilenet_perception.report.colours import OUTCOME_COLOURS
from mobilenet_perception.report.judged import is_answered
from mobilenet_perception.report.svg import Scale
from mobilenet_perception.timing import Outcome


class Bin(NamedTuple):
    """The frames of a short stretch of time.

    Attributes:
        from_s: where it begins.
        to_s: where it ends.
        outcomes: how many frames ended how.
        oldest_ms: the highest age at which one of them was answered; None: none was.
    """

    from_s: float
    to_s: float
    outcomes: Counter[Outcome]
    oldest_ms: float | None


def bins(
    frames: Sequence[Mapping[str, Any]], scale: Scale, most: int, period_s: float
) -> list[Bin]:
    """Sort frames into at most so many stretches, none shorter than a frame; empty ones: none."""
    width_s = max(period_s, (scale.end_s - scale.start_s) / most)
    sorted_in: dict[int, list[Mapping[str, Any]]] = {}
    for frame in frames:
        # Stamps jitter: half a period early still belongs to its own place.
        place = int((frame['time_s'] - scale.start_s + 0.25 * period_s) / width_s)
        sorted_in.setdefault(place, []).append(frame)
    return [
        _bin(
            scale.start_s + place * width_s,
            min(scale.end_s, scale.start_s + (place + 1) * width_s),
            held,
        )
        for place, held in sorted(sorted_in.items())
    ]


def outcome_strip(found: Sequence[Bin], scale: Scale, y: float, height: float) -> str:
    """Draw the shares of outcomes as columns, what was on time at the bottom."""
    paths: dict[Outcome, list[str]] = {}
    for item in found:
        x, right = scale.x(item.from_s), scale.x(item.to_s)
        bottom = y + height
        for outcome in Outcome:
            share = item.outcomes[outcome] / item.outcomes.total()
            if share:
                top = bottom - share * height
                paths.setdefault(outcome, []).append(
                    f'M{x:.1f} {top:.1f}H{right:.1f}V{bottom:.1f}H{x:.1f}z'
                )
                bottom = top
    return ''.join(
        f'<path class="outcome" fill="{OUTCOME_COLOURS[outcome]}" d="{"".join(path)}"/>'
        for outcome, path in paths.items()
    )


def age_strip(
    found: Sequence[Bin],
    scale: Scale,
    y: float,
    height: float,
    top_ms: float,
    budget_ms: float | None,
) -> str:
    """Draw the age of the oldest answer of each bin; what is above `top_ms` is cut off there."""
    paths = {'age': '', 'age over': ''}
    base = y + height
    for item in found:
        if item.oldest_ms is None:
            continue
        over = budget_ms is not None and item.oldest_ms > budget_ms
        tall = max(1.0, min(1.0, item.oldest_ms / top_ms) * height)
        x, right = scale.x(item.from_s), scale.x(item.to_s)
        paths['age over' if over else 'age'] += (
            f'M{x:.1f} {base:.0f}V{base - tall:.1f}H{right:.1f}V{base:.0f}z'
        )
    drawn = ''.join(f'<path class="{name}" d="{path}"/>' for name, path in paths.items() if path)
    if budget_ms is not None and budget_ms <= top_ms:
        line = base - budget_ms / top_ms * height
        drawn += f'<path class="budget" d="M{scale.left:g} {line:.1f}H{scale.right:g}"/>'
    return f'{drawn}<path class="axis" d="M{scale.left:g} {base:.0f}H{scale.right:g}"/>'


def tips(found: Sequence[Bin], scale: Scale, y: float, height: float) -> str:
    """Lay what there is to say of each bin over a row: it shows under the mouse."""
    return ''.join(
        f'<rect class="tip" x="{scale.x(item.from_s):.1f}" y="{y:.0f}" '
        f'width="{scale.x(item.to_s) - scale.x(item.from_s):.1f}" height="{height:.0f}">'
        f'<title>{_words(item)}</title></rect>'
        for item in found
    )


def _bin(from_s: float, to_s: float, frames: Sequence[Mapping[str, Any]]) -> Bin:
    ages = [frame['times_ms']['age'] for frame in frames if is_answered(frame)]
    outcomes = Counter(Outcome(frame['outcome']) for frame in frames)
    return Bin(from_s, to_s, outcomes, max(ages, default=None))


def _words(item: Bin) -> str:
    ended = ', '.join(
        f'{item.outcomes[outcome]} {str(outcome).replace("_", " ")}'
        for outcome in Outcome
        if item.outcomes[outcome]
    )
    age = '' if item.oldest_ms is None else f'; oldest answer {item.oldest_ms:.1f} ms'
    return f'{item.from_s:.2f} s: {ended}{age}'
