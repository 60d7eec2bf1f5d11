# SPDX-License-Identifier: Apache-2.0
"""What a replay must give."""

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from mobilenet_perception.errors import PerceptionError


class LabelInterval(NamedTuple):
    """Every frame of a stretch of time has this label, both ends included.

    Attributes:
        start_s: seconds since the first frame of the source.
        end_s: likewise.
        label: the label; of decisions also `unknown` or `stale`.
        camera: name of the camera; empty: the only one.
    """

    start_s: float
    end_s: float
    label: str
    camera: str = ''


class Expectations(NamedTuple):
    """What a replay must give; None and empty: nothing is expected of it.

    Attributes:
        labels: the labels of single frames over time.
        decisions: the decisions over time, which single wrong frames do not turn.
        accuracy_at_least: share of the clear frames of known truth that are right, 0 to 1.
        miss_rate_at_most: share of frames without an answer in time, 0 to 1, those lost over DDS
            included and those superseded left out.
        p99_ms_at_most: 99th percentile of the answers' age, in milliseconds; not of fast replays,
            where frames wait for nothing and no camera's time passes.
        lost_at_most: frames that the node never heard of.
        decision_timeout_ms: no label is decided for longer than this after the last on-time frame
            that showed it: no decision is held beyond its evidence.
    """

    labels: tuple[LabelInterval, ...] = ()
    decisions: tuple[LabelInterval, ...] = ()
    accuracy_at_least: float | None = None
    miss_rate_at_most: float | None = None
    p99_ms_at_most: float | None = None
    lost_at_most: int | None = None
    decision_timeout_ms: float | None = None


def check_expectations(expectations: Expectations, mode: str) -> None:
    """Refuse expectations that make no sense, or none of a replay of this mode.

    Raises:
        PerceptionError: says which, and what is possible.
    """
    for name in ('accuracy_at_least', 'miss_rate_at_most'):
        share = getattr(expectations, name)
        if share is not None and not 0 <= share <= 1:
            raise PerceptionError(f'{name} is {share}: give a share from 0 to 1')
    for name in ('p99_ms_at_most', 'lost_at_most', 'decision_timeout_ms'):
        value = getattr(expectations, name)
        if value is not None and not value >= 0:
            raise PerceptionError(f'{name} is {value}: give a number from 0')
    for interval in (*expectations.labels, *expectations.decisions):
        if not (0 <= interval.start_s <= interval.end_s < math.inf):
            raise PerceptionError(
                f'the interval of {interval.label} is {interval.start_s} to {interval.end_s} s: '
                'give seconds since the first frame, the start before the end'
            )
    if expectations.p99_ms_at_most is not None and mode == 'fast':
        raise PerceptionError(
            'p99_ms_at_most needs a replay at recorded pace: in a fast one no time passes between '
            "frames, so ages mean nothing; play with mode='paced' or mode='ros'"
        )


def intervals(given: Iterable[Sequence[Any]]) -> tuple[LabelInterval, ...]:
    """Read (start_s, end_s, label) or (start_s, end_s, label, camera) tuples.

    Raises:
        PerceptionError: one is neither.
    """
    found = []
    for item in given:
        try:
            start_s, end_s, label, *camera = item
            found.append(
                LabelInterval(float(start_s), float(end_s), str(label), *map(str, camera))
            )
        except (TypeError, ValueError):
            raise PerceptionError(
                f'{item!r} is no interval: give (start_s, end_s, label), such as (1.0, 2.5, '
                "'stop'), and the camera's name as a fourth where there are several"
            ) from None
    return tuple(found)
