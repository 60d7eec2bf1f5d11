# SPDX-License-Identifier: Apache-2.0
"""Patterns of labels that changed: two exchanged, one become another, a list in new order."""

from collections import Counter
from collections.abc import Iterable, Sequence

from mobilenet_perception.replay_testing.timeline import Pair

# Of the frames of a label: from this share on a change is no noise.
_CONSISTENT = 0.8
_MOST_TOLD = 3


def exchanged_labels(pairs: Iterable[Pair]) -> list[str]:
    """Say which labels came instead of which, over frames that have one on both sides."""
    counts: Counter[tuple[str, str]] = Counter(
        (pair.expected.label, pair.came.label)
        for pair in pairs
        if pair.expected and pair.came and pair.expected.label and pair.came.label
    )
    totals: Counter[str] = Counter()
    for (before, _), count in counts.items():
        totals[before] += count
    changed = [(pair, count) for pair, count in counts.most_common() if pair[0] != pair[1]]
    consistent = [pair for pair, count in changed if count >= _CONSISTENT * totals[pair[0]]]
    told = []
    for before, now in consistent:
        if (now, before) in consistent:
            if before < now:
                both = totals[before] + totals[now]
                told.append(
                    f'{before} and {now} are exchanged: in '
                    f'{counts[before, now] + counts[now, before]} of {both} frames of either'
                )
            continue
        told.append(
            f'{before} has become {now}: in {counts[before, now]} of {totals[before]} frames'
        )
    scattered = [(pair, count) for pair, count in changed if pair not in consistent]
    if scattered:
        listed = ', '.join(
            f'{count} x {before} as {now}' for (before, now), count in scattered[:_MOST_TOLD]
        )
        told.append(f'single frames have another label: {listed}')
    return told


def reordered_labels(before: Sequence[str], now: Sequence[str]) -> list[str]:
    """Say how the bundle's list of labels has changed, of which scores take their names."""
    told = []
    if gone := [label for label in before if label not in now]:
        told.append(f'the bundle no longer has the label {", ".join(gone)}')
    if new := [label for label in now if label not in before]:
        told.append(f'the bundle has the new label {", ".join(new)}')
    if told or list(before) == list(now):
        return told
    moved = [old for old, new in zip(before, now, strict=True) if old != new]
    if len(moved) == 2:
        return [f'{moved[0]} and {moved[1]} have changed places in the list of the labels']
    return [f'the list of the labels has another order: {len(moved)} labels have moved']
