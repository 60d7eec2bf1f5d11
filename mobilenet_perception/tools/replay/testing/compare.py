# SPDX-License-Identifier: Apache-2.0
"""A replay against its golden file: every frame, and typical times where time counts."""

from collections.abc import Sequence

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.tools.replay.testing.causes import Slower, causes, slower_stages
from mobilenet_perception.tools.replay.testing.difference import Difference
from mobilenet_perception.tools.replay.testing.golden import Golden, Tolerances
from mobilenet_perception.tools.replay.testing.replayed import Pair, Replayed, TimelineFrame, align

# Outcomes that have nothing to do with time.
_BROKEN = ('rejected', 'failed')


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
    aligned = {
        name: align(expected.cameras.get(name, []), came.cameras.get(name, []))
        for name in dict.fromkeys((*expected.cameras, *came.cameras))
    }
    slower = [] if exact else slower_stages(golden, came)
    likely = tuple(causes(expected, came, [*aligned.values()], slower))
    found = []
    for camera, pairs in aligned.items():
        views = [pairs, [_decided(pair) for pair in pairs]] if exact else [pairs]
        for what, view in zip(('label or score', 'decision'), views, strict=False):
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
    pairs = [
        pair
        for name in dict.fromkeys((*expected.cameras, *came.cameras))
        for pair in align(expected.cameras.get(name, []), came.cameras.get(name, []))
    ]
    changed = sum(
        pair.expected is None or pair.came is None or pair.expected.shown != pair.came.shown
        for pair in pairs
    )
    return changed, len(pairs)


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
        frame and frame._replace(label=frame.decision, score=None)
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
        return expected.shown != came.shown or _scores_differ(expected, came, tolerances)
    if came.outcome in _BROKEN or expected.outcome in _BROKEN:
        return came.outcome != expected.outcome
    if not expected.label or not came.label or expected.variant != came.variant:
        return False
    return expected.label != came.label or _scores_differ(expected, came, tolerances)


def _scores_differ(expected: TimelineFrame, came: TimelineFrame, tolerances: Tolerances) -> bool:
    if expected.score is None or came.score is None:
        return expected.score is not came.score
    return abs(expected.score - came.score) > tolerances.score
