# SPDX-License-Identifier: Apache-2.0
"""A replay against its golden file: every frame, typical times, and what may be the cause.

Causes are patterns in frames that are missing and in labels that changed, then circumstances.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.tools.replay.testing.difference import Difference
from mobilenet_perception.tools.replay.testing.golden import (
    Golden,
    Pair,
    Replayed,
    TimelineFrame,
    Tolerances,
    align,
)

# Outcomes that have nothing to do with time.
_BROKEN = ('rejected', 'failed')
# Of the frames of a label: from this share on a change is no noise.
_CONSISTENT = 0.8
_MOST_TOLD = 3


class Slower(NamedTuple):
    """A stage that became slower, by medians in milliseconds."""

    stage: str
    before_ms: float
    now_ms: float

    def words(self) -> str:
        """Say it in a sentence."""
        more_ms = self.now_ms - self.before_ms
        return (
            f'{self.stage} takes {more_ms:.1f} ms more: median {self.now_ms:.1f} ms, '
            f'was {self.before_ms:.1f}'
        )


def compare(golden: Golden, came: Replayed) -> list[Difference]:
    """Compare a replay with its golden file.

    Fast replays are compared frame by frame: label, score, outcome and decision. At recorded pace
    the choice of variants, and so a label, depends on time: there, frames that were on time in
    both on the same variant are compared, frames must be neither missing nor newly broken, and no
    stage may have become slower than the golden file allows on the same processor.

    Raises:
        PerceptionError: the golden file is of another mode.
    """
    expected = golden.replayed
    if expected.mode != came.mode:
        raise PerceptionError(
            f'{golden.name} is of a replay in mode {expected.mode}, and this one is {came.mode}: '
            'keep a golden file for each mode'
        )
    exact = came.mode == 'fast'
    aligned = _aligned(expected, came)
    slower = [] if exact else slower_stages(golden, came)
    likely = tuple(dict.fromkeys(causes(expected, came, [*aligned.values()], slower)))
    found = []
    for camera, pairs in aligned.items():
        views = [pairs, [_decided(pair) for pair in pairs]] if exact else [pairs]
        of_thing = camera not in expected.cameras and camera not in came.cameras
        labels = 'label, score or box' if of_thing else 'label or score'
        for what, view in zip((labels, 'decision'), views, strict=False):
            wrong = _wrong(view, golden.tolerances, exact=exact)
            if wrong:
                summary = (
                    f'{len(wrong)} of {len(view)} frames of {camera} have another {what} than in '
                    f'{golden.name}'
                )
                found.append(Difference(summary, tuple(view), wrong, likely))
                # Decisions follow labels: what is said of those would be said twice.
                break
    if slower:
        found.append(_timing(golden, slower, likely if not found else ()))
    return found


def not_compared(golden: Golden, came: Replayed) -> str:
    """Say why times are not compared though time counts; empty where they are."""
    before, now = golden.replayed.machine.get('processor'), came.machine.get('processor')
    if came.mode == 'fast' or before == now:
        return ''
    return f'times are not compared: {golden.name} was made on {before}, and this is {now}'


def changed_labels(expected: Replayed, came: Replayed) -> tuple[int, int]:
    """Return how many frames have another label or outcome, or are missing; and of how many."""
    pairs = [pair for aligned in _aligned(expected, came).values() for pair in aligned]
    changed = sum(
        pair.expected is None or pair.came is None or pair.expected.shown != pair.came.shown
        for pair in pairs
    )
    return changed, len(pairs)


def _aligned(expected: Replayed, came: Replayed) -> dict[str, list[Pair]]:
    """Pair the frames of each camera, and what was said of each thing."""
    before, now = expected.timelines(), came.timelines()
    return {
        name: align(before.get(name, []), now.get(name, []))
        for name in dict.fromkeys((*before, *now))
    }


def _timing(golden: Golden, slower: list[Slower], likely: tuple[str, ...]) -> Difference:
    what = ', '.join(item.stage for item in slower)
    allowed_ms = golden.tolerances.stage_ms
    return Difference(
        f'{what} became slower by more than the {allowed_ms:g} ms that {golden.name} allows',
        causes=likely,
    )


def _decided(pair: Pair) -> Pair:
    """Return a pair with decisions in place of labels."""
    expected, came = (
        frame and frame._replace(label=frame.decision, score=None, roi=None)
        for frame in (pair.expected, pair.came)
    )
    return pair._replace(expected=expected, came=came)


def _wrong(pairs: Sequence[Pair], tolerances: Tolerances, exact: bool) -> tuple[int, ...]:
    return tuple(
        index for index, pair in enumerate(pairs) if _differs(pair, tolerances, exact=exact)
    )


def _differs(pair: Pair, tolerances: Tolerances, exact: bool) -> bool:
    expected, came = pair.expected, pair.came
    if expected is None or came is None:
        return True
    if exact:
        other = expected.shown != came.shown or expected.roi != came.roi
        return other or _scores_differ(expected, came, tolerances)
    if came.outcome in _BROKEN or expected.outcome in _BROKEN:
        return came.outcome != expected.outcome
    if not expected.label or not came.label or expected.variant != came.variant:
        return False
    return expected.label != came.label or _scores_differ(expected, came, tolerances)


def _scores_differ(expected: TimelineFrame, came: TimelineFrame, tolerances: Tolerances) -> bool:
    if expected.score is None or came.score is None:
        return expected.score is not came.score
    return abs(expected.score - came.score) > tolerances.score


def causes(
    expected: Replayed, came: Replayed, aligned: Sequence[Sequence[Pair]], slower: Sequence[Slower]
) -> list[str]:
    """Name what may be the reason for what differs.

    Args:
        expected: what the golden file holds.
        came: what came.
        aligned: the frames of both, by camera.
        slower: stages that became slower.
    """
    pairs = [pair for camera in aligned for pair in camera]
    if bool(expected.things) != bool(came.things):
        now, was = ('regions', 'whole images') if came.things else ('whole images', 'regions')
        first = f'{now} were looked at, and not {was} as then: --regions says which'
        return [first, *circumstances(expected, came)]
    return [
        *(words for camera in aligned for words in missing_frames(camera)),
        *exchanged_labels(pairs),
        *reordered_labels(expected.bundle['labels'], came.bundle['labels']),
        *(item.words() for item in slower),
        *_variants(pairs),
        *_scores(pairs),
        *circumstances(expected, came),
    ]


def missing_frames(pairs: Sequence[Pair]) -> list[str]:
    """Say which frames of one camera are missing, by their pattern, and how many are too many."""
    total = sum(pair.expected is not None for pair in pairs)
    missing = [pair.number for pair in pairs if pair.expected is not None and pair.came is None]
    extra = sum(pair.expected is None for pair in pairs)
    told = [_pattern(missing, total)] if missing else []
    if extra:
        told.append(f'{extra} frames came that the golden file does not have')
    return told


def _pattern(missing: Sequence[int], total: int) -> str:
    """Describe which of the frames 1 to `total` are missing."""
    count = f'{len(missing)} of {total}'
    first, last = missing[0], missing[-1]
    if len(missing) == total:
        return f'all {total} frames are missing'
    if last - first + 1 == len(missing):
        if last == total:
            return f'from frame {first} on all are missing ({count}): it ended early'
        if first == 1:
            return f'the first frames are missing, up to {last} ({count}): it began late'
        return f'the frames {first} to {last} are missing ({count}), in one stretch'
    steps = {after - before for before, after in pairwise(missing)}
    step = steps.pop()
    if not steps and first <= step and last > total - step:
        return f'every {step}{_ordinal(step)} frame is missing ({count})'
    return f'{count} frames are missing, here and there: the first is frame {first}'


def _ordinal(number: int) -> str:
    if 10 <= number % 100 <= 20:
        return 'th'
    return {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')


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


def slower_stages(golden: Golden, came: Replayed) -> list[Slower]:
    """Return the stages that take longer than allowed; none between different processors."""
    before = golden.replayed
    if before.machine.get('processor') != came.machine.get('processor'):
        return []
    compared = [
        Slower(f'the inference of variant {name}', median_ms, came.inference_ms[name])
        for name, median_ms in before.inference_ms.items()
        if name in came.inference_ms
    ]
    compared += [
        Slower(f'the stage {name}', median_ms, came.stages_ms.get(name, 0.0))
        for name, median_ms in before.stages_ms.items()
    ]
    return [one for one in compared if one.now_ms - one.before_ms > golden.tolerances.stage_ms]


def circumstances(expected: Replayed, came: Replayed) -> list[str]:
    """Say what else is different: bundle, recording, settings, versions, machine."""
    told = []
    old, new = expected.bundle, came.bundle
    if old['digest'] != new['digest']:
        told.append(
            f'the bundle is another one: {new["name"]} {new["digest"][:12]}, '
            f'was {old["name"]} {old["digest"][:12]}'
        )
    if expected.source_digest and came.source_digest not in ('', expected.source_digest):
        told.append('the recording, or its labels file, is not the one it was')
    told += [
        f'{name} is {_plain(came.settings[name])}, was {_plain(value)}'
        for name, value in expected.settings.items()
        if name in came.settings and came.settings[name] != value
    ]
    if expected.version != came.version:
        told.append(
            f'the version of mobilenet_perception is {came.version}, was {expected.version}'
        )
    told += [
        f'the {name} is {came.machine.get(name)}, was {value}'
        for name, value in expected.machine.items()
        if came.machine.get(name) != value
    ]
    return told


def _variants(pairs: Sequence[Pair]) -> list[str]:
    moved: Counter[tuple[str, str]] = Counter()
    lost: Counter[str] = Counter()
    for expected, came in _both(pairs):
        if expected.variant and came.variant and expected.variant != came.variant:
            moved[expected.variant, came.variant] += 1
        if expected.label and not came.label:
            lost[came.outcome] += 1
    return [
        *(
            f'{count} frames ran on variant {now}, not on {before}'
            for (before, now), count in moved.most_common()
        ),
        *(
            f'{count} frames that were on time are {outcome}'
            for outcome, count in lost.most_common()
        ),
    ]


def _scores(pairs: Sequence[Pair]) -> list[str]:
    """Tell a drift of scores under unchanged labels, which other arithmetic leaves behind."""
    both = [(old, new) for old, new in _both(pairs) if old.label and new.label]
    if not both or any(old.label != new.label for old, new in both):
        return []
    most = max(abs((old.score or 0.0) - (new.score or 0.0)) for old, new in both)
    if most < 0.005:
        return []
    return [
        f'labels are the same, but scores moved by up to {most:.3f}: another network, '
        'preprocessing or runtime'
    ]


def _both(pairs: Sequence[Pair]) -> list[tuple[TimelineFrame, TimelineFrame]]:
    return [(pair.expected, pair.came) for pair in pairs if pair.expected and pair.came]


def _plain(value: object) -> str:
    if value in (None, '', []):
        return 'none'
    return ' '.join(map(str, value)) if isinstance(value, list) else str(value)
