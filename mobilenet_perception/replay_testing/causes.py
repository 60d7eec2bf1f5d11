# SPDX-License-Identifier: Apache-2.0
"""What may have made a replay differ: patterns in its frames and times, then circumstances."""

from collections.abc import Sequence
from typing import NamedTuple

from mobilenet_perception.replay_testing.confusion import exchanged_labels, reordered_labels
from mobilenet_perception.replay_testing.gaps import missing_frames
from mobilenet_perception.replay_testing.golden import Golden
from mobilenet_perception.replay_testing.replayed import Replayed
from mobilenet_perception.replay_testing.timeline import Pair


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
        *_variants(expected, came, pairs),
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
        f'{name} is {came.settings[name]}, was {value}'
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


def _variants(expected: Replayed, came: Replayed, pairs: Sequence[Pair]) -> list[str]:
    now = list(came.inference_ms)
    told = [
        f'variant {name} is no longer run{f": {now[0]} is" if now else ""}'
        for name in expected.inference_ms
        if name not in came.inference_ms
    ]
    lost: dict[str, int] = {}
    for pair in pairs:
        if pair.expected and pair.came and pair.expected.label and not pair.came.label:
            lost[pair.came.outcome] = lost.get(pair.came.outcome, 0) + 1
    return told + [
        f'{count} frames that were on time are {outcome}' for outcome, count in lost.items()
    ]


def _scores(pairs: Sequence[Pair]) -> list[str]:
    """Tell a drift of scores under unchanged labels, which other arithmetic leaves behind."""
    both = [
        (pair.expected, pair.came)
        for pair in pairs
        if pair.expected and pair.came and pair.expected.label and pair.came.label
    ]
    if not both or any(old.label != new.label for old, new in both):
        return []
    most = max(abs((old.score or 0.0) - (new.score or 0.0)) for old, new in both)
    if most < 0.005:
        return []
    return [
        f'labels are the same, but scores moved by up to {most:.3f}: another network, '
        'preprocessing or runtime'
    ]
