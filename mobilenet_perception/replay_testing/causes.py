# SPDX-License-Identifier: Apache-2.0
"""What may have made a replay differ: patterns in its frames and times, then circumstances."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from mobilenet_perception.replay_testing.confusion import exchanged_labels, reordered_labels
from mobilenet_perception.replay_testing.gaps import missing_frames
from mobilenet_perception.replay_testing.golden import Golden
from mobilenet_perception.replay_testing.replayed import Replayed
from mobilenet_perception.replay_testing.timeline import Pair, TimelineFrame


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
    return [
        *(words for camera in aligned for words in missing_frames(camera)),
        *exchanged_labels(pairs),
        *reordered_labels(expected.bundle['labels'], came.bundle['labels']),
        *(item.words() for item in slower),
        *_variants(pairs),
        *_scores(pairs),
        *circumstances(expected, came),
    ]


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
