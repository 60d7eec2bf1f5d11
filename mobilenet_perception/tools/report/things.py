# SPDX-License-Identifier: Apache-2.0
"""Things that regions name by id: what was said of each over time, and whether that was right.

Counted is what was looked at; regions that were left for want of time are counted by themselves.
Where a thing shows no signal, any label decided of it is false.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from mobilenet_perception.pipeline.timing import percentiles
from mobilenet_perception.tools.report.scoring import (
    NO_SIGNAL,
    SAYS_NOTHING,
    Verdict,
    judge,
    seen_in,
    verdicts,
)

_VERDICTS: tuple[Verdict, ...] = ('right', 'wrong', 'silent')


def tracks(frames: Iterable[Mapping[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return what was said of each thing, by id, in the order in which they came.

    Args:
        frames: of one camera of a report.

    Returns:
        Lists of values shaped like frames: those of the frame, and those of the thing in it.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for frame in frames:
        for thing in frame.get('things') or ():
            if thing['id']:
                found.setdefault(thing['id'], []).append(seen_in(frame, thing))
    return found


def things_of(frames: Iterable[Mapping[str, Any]], labels: Sequence[str]) -> list[dict[str, Any]]:
    """Return the figures of each thing of a camera.

    Args:
        frames: of one camera of a report.
        labels: those of the bundle.
    """
    return [_figures(name, track, labels) for name, track in tracks(frames).items()]


def total(cameras: Iterable[Mapping[str, Any]], labels: Sequence[str]) -> dict[str, Any] | None:
    """Return the figures of all things of a report together; None: no camera has regions.

    Args:
        cameras: of the report, those with regions with their `things`.
        labels: those of the bundle.
    """
    with_regions = [camera for camera in cameras if camera.get('things') is not None]
    if not with_regions:
        return None
    things = [thing for camera in with_regions for thing in camera['things']]
    frames = [frame for camera in with_regions for frame in camera['frames']]
    known = [thing for thing in things if thing['decisions']['frames']]
    after = [thing['decided_after_s'] for thing in known if thing['decided_after_s'] is not None]
    found = percentiles(after)
    seen = [seen_in(frame, thing) for frame in frames for thing in frame['things']]
    return {
        'things': len(things),
        'known': len(known),
        'regions': {
            name: sum(frame['regions'][name] for frame in frames)
            for name in ('given', 'classified', 'left')
        },
        'labels': _score(seen, 'label', labels),
        'decisions': _score(seen, 'decision', labels),
        'no_signal': _score(seen, 'decision', labels, shown=False),
        'never_decided': len(known) - len(after),
        'decided_after_s': found and {'p50': round(found.p50, 3), 'max': round(found.max, 3)},
    }


def _figures(
    name: str, track: Sequence[Mapping[str, Any]], labels: Sequence[str]
) -> dict[str, Any]:
    looked_at = [seen for seen in track if seen['label']]
    last = (looked_at or track)[-1]
    truths = [truth for truth, _ in groupby(seen['truth'] for seen in looked_at) if truth]
    return {
        'id': name,
        'truths': truths,
        'from_s': track[0]['time_s'],
        'to_s': last['time_s'],
        'frames': len(looked_at),
        'labels': _score(track, 'label', labels),
        'decisions': _score(track, 'decision', labels),
        'no_signal': _score(track, 'decision', labels, shown=False),
        'decided_after_s': _decided_after_s(track, labels),
        'decision': last['decision'],
    }


def _decided_after_s(track: Sequence[Mapping[str, Any]], labels: Sequence[str]) -> float | None:
    """Return when the first decision came that is right, or, of unknown truth, that is a label."""
    is_known = any(seen['truth'] for seen in track)
    for seen in track:
        right = judge(seen, 'decision', labels) == 'right'
        if right or (not is_known and seen['decision'] not in (*SAYS_NOTHING, NO_SIGNAL)):
            return float(round(seen['time_s'] - track[0]['time_s'], 6))
    return None


def _score(
    seen: Iterable[Mapping[str, Any]], field: Any, labels: Sequence[str], shown: bool = True
) -> dict[str, Any]:
    """Count what was said where a signal is shown clearly or, not `shown`, clearly none is."""
    counts = verdicts(seen, field, labels) if shown else _of_no_signal(seen, field)
    frames = counts.total()
    return {
        'frames': frames,
        **{name: counts[name] for name in _VERDICTS},
        'accuracy': counts['right'] / frames if frames else None,
    }


def _of_no_signal(seen: Iterable[Mapping[str, Any]], field: str) -> Counter[Verdict]:
    said = [one[field] for one in seen if one['clear'] and one['truth'] == NO_SIGNAL]
    return Counter('right' if label in (*SAYS_NOTHING, NO_SIGNAL) else 'wrong' for label in said)
