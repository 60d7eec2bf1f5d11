# SPDX-License-Identifier: Apache-2.0
import pytest

from mobilenet_perception.pipeline.timing import FrameRecord, Outcome
from mobilenet_perception.tools.benchmark.trial import Trial, summarise

StreamFacts = dict[tuple[str, int], FrameRecord]


def record(camera: str, stamp: int, outcome: Outcome, age_ms: float = 5.0) -> FrameRecord:
    variant = 'small' if outcome in (Outcome.ON_TIME, Outcome.LATE) else ''
    return FrameRecord(
        camera, stamp, stamp, outcome, variant, 50.0, age_ms=age_ms, transport_ms=1.0, total_ms=4.0
    )


def trial(outcomes: list[Outcome | None], due: int | None = None, unheard: int = 0) -> Trial:
    """A trial of one camera; None: nothing was heard of this frame."""
    heard = {('a', n): record('a', n, found) for n, found in enumerate(outcomes) if found}
    stamps = {'a': list(range(len(outcomes)))}
    return summarise(30.0, due or len(outcomes), stamps, heard, unheard)


ON_TIME = [Outcome.ON_TIME] * 1000


def test_a_rate_is_held_when_fewer_than_one_in_a_thousand_are_not_on_time() -> None:
    assert trial([*ON_TIME]).held
    assert trial([*ON_TIME, Outcome.LATE]).held
    assert not trial([*ON_TIME[:999], Outcome.LATE]).held


@pytest.mark.parametrize('bad', [item for item in Outcome if item is not Outcome.ON_TIME])
def test_any_other_outcome_counts_against_it(bad: Outcome) -> None:
    found = trial([*ON_TIME[:97], bad, bad, bad])
    assert (found.held, found.limit) == (False, f'of 100 frames 3 {bad}')
    assert found.unanswered == pytest.approx(0.03)


def test_a_frame_with_regions_left_is_not_answered_though_on_time() -> None:
    whole = record('a', 0, Outcome.ON_TIME)._replace(
        regions=4, regions_classified=4, regions_left=0
    )
    part = whole._replace(regions_classified=1, regions_left=3)
    heard = {('a', n): part if n < 3 else whole for n in range(100)}
    found = summarise(30.0, 100, {'a': list(range(100))}, heard, 0, regions=4)
    assert (found.regions, found.regions_left, found.outcomes['on_time']) == (4, 3, 100)
    assert (found.held, found.limit) == (False, 'of 100 frames 3 with regions left')
    assert found.unanswered == found.worst_camera == pytest.approx(0.03)
    assert found.miss_rate == 0.0


def test_superseded_frames_are_unanswered_but_not_missed() -> None:
    found = trial([*ON_TIME[:90], *[Outcome.SUPERSEDED] * 10])
    assert found.miss_rate == 0.0 and found.unanswered == pytest.approx(0.1)


def test_lost_frames_are_told_from_outcomes_that_were_not_heard() -> None:
    found = trial([*ON_TIME[:95], *[None] * 5], unheard=2)
    assert (found.sent, found.lost, found.unheard) == (100, 3, 2)
    assert found.limit == 'of 100 frames 3 lost, 2 unheard'
    # Outcomes of frames that do not count may have been unheard, too.
    assert trial([*ON_TIME[:99], None], unheard=5)[5:7] == (1, 0)


def test_a_rate_that_was_not_offered_is_not_held() -> None:
    found = trial([*ON_TIME], due=1100)
    assert found.limit == 'the publisher sent only 1000 of 1100 frames'
    assert trial([*ON_TIME], due=1001).held


def test_times_are_those_of_answers() -> None:
    heard: StreamFacts = {
        ('a', 1): record('a', 1, Outcome.ON_TIME, 10.0),
        ('a', 2): record('a', 2, Outcome.LATE, 60.0),
        ('a', 3): record('a', 3, Outcome.EXPIRED, 1000.0),
        ('a', 4): record('a', 4, Outcome.SUPERSEDED, 2000.0),
        ('a', 99): record('a', 99, Outcome.ON_TIME, 9999.0),  # of the first moments
    }
    found = summarise(30.0, 4, {'a': [1, 2, 3, 4]}, heard, 0)
    assert found.age_ms is not None and found.age_ms.max == 60.0 and found.age_ms.p50 == 35.0
    assert sum(found.outcomes.values()) == 4
    assert found.variants == {'small': 1.0}


def test_cameras_are_told_apart() -> None:
    heard: StreamFacts = {('a', n): record('a', n, Outcome.ON_TIME) for n in range(10)}
    heard |= {('b', n): record('b', n, Outcome.LATE if n < 5 else Outcome.ON_TIME)
              for n in range(10)}  # fmt: skip
    found = summarise(30.0, 10, {'a': list(range(10)), 'b': list(range(10))}, heard, 0)
    assert (found.cameras, found.due, found.sent) == (2, 20, 20)
    assert found.unanswered == pytest.approx(0.25) and found.worst_camera == pytest.approx(0.5)


def test_nothing_sent_is_not_held() -> None:
    found = trial([], due=10)
    assert not found.held and found.unanswered is None and found.age_ms is None
