# SPDX-License-Identifier: Apache-2.0
"""What is made of the unknown, by figures worked out by hand."""

import json

import numpy as np
import pytest

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.tools.bundle.open_world import (
    Frames,
    decisions,
    measure_open_world,
    open_world_from_json,
    open_world_to_json,
    worst_frames,
)

LABELS = ('stop', 'yield', 'background')
ABOVE = {'stop': 0.8, 'yield': 0.6, 'background': 0.5}


def frames(rows: list[tuple[float, float, int, str]]) -> Frames:
    """Frames by their scores of stop and yield, what they show, and their source."""
    scores = np.array([(stop, give, 1 - stop - give) for stop, give, _, _ in rows], np.float32)
    names = [f'{source}/{index}' for index, (_, _, _, source) in enumerate(rows)]
    truth = np.array([truth for _, _, truth, _ in rows])
    return Frames(scores, truth, [row[3] for row in rows], names, names)


SEEN = frames(
    [
        *[(0.9, 0.05, 0, 'signs')] * 6,
        *[(0.7, 0.2, 0, 'signs')] * 2,
        (0.1, 0.75, 0, 'signs'),
        *[(0.2, 0.7, 1, 'signs')] * 11,
        # Nothing, sure of it; nothing, but a stop sign is likely; a stop sign is decided.
        *[(0.05, 0.1, 2, 'streets')] * 5,
        *[(0.75, 0.05, 2, 'streets')] * 3,
        *[(0.85, 0.1, -1, 'streets')] * 2,
        *[(0.2, 0.65, -1, 'kerbs')] * 6,
    ]
)


def test_what_is_decided_is_counted_by_source() -> None:
    found = measure_open_world(SEEN, LABELS, ABOVE)
    # Two of twenty are below the threshold of their label; one is decided to be another sign.
    assert found.known['signs'].missed.value == pytest.approx(3 / 20)
    assert found.known['signs'].wrong.value == pytest.approx(1 / 20)
    streets, kerbs, everything = (found.unknown[name] for name in ('streets', 'kerbs', 'all'))
    assert (streets.frames, streets.groups, streets.false.value) == (10, 10, 0.2)
    assert kerbs.false.value == 1.0 and kerbs.false.low == pytest.approx(0.025 ** (1 / 6))
    assert everything.false.value == 0.5
    assert everything.labels == {'yield': 6, 'stop': 2}
    assert streets.false.low is not None and streets.false.low < 0.2 < (streets.false.high or 0)


def test_background_is_the_answer_that_there_is_nothing() -> None:
    found = measure_open_world(SEEN, LABELS, ABOVE).unknown['streets']
    assert found.auroc is not None and found.kept is not None
    # Known scores: six of 0.9, one of 0.75, eleven and two of 0.7. Against 0.1 all are above;
    # against 0.75 six and a tie; against 0.85 six.
    assert found.auroc.value == pytest.approx((5 + 3 * 6.5 / 20 + 2 * 0.3) / 10)
    # 95 % of the known score 0.7 or more, and so do five of the ten.
    assert found.kept.value == 0.5


def test_kept_scores_of_the_known_give_the_same_figures() -> None:
    found = measure_open_world(SEEN, LABELS, ABOVE)
    written = json.loads(json.dumps(open_world_to_json(found)))
    read = open_world_from_json(written, 'a file')
    assert read == found
    rows = np.flatnonzero([source != 'signs' for source in SEEN.sources])
    alone = Frames(
        SEEN.scores[rows], SEEN.truth[rows], *([one[i] for i in rows] for one in SEEN[2:])
    )
    again = measure_open_world(alone, LABELS, ABOVE, read.known_scores)
    assert again.unknown == found.unknown and not again.known
    nothing = measure_open_world(alone, LABELS, ABOVE).unknown['all']
    assert nothing.auroc is None and nothing.false == found.unknown['all'].false


def test_quantiles_stand_for_many_known_frames() -> None:
    random = np.random.default_rng(0)
    many = [(float(score), 0.0, 0, 'signs') for score in random.uniform(0.4, 1.0, 3000)]
    few = [(float(score), 0.0, 2, 'streets') for score in random.uniform(0.0, 0.7, 400)]
    seen = frames([*many, *few])
    found = measure_open_world(seen, LABELS, ABOVE)
    assert len(found.known_scores) == 400
    known, unknown = seen.scores[:3000, 0], seen.scores[3000:, 0]
    streets = found.unknown['streets']
    assert streets.auroc is not None and streets.kept is not None
    exact = (known[:, np.newaxis] > unknown).mean()
    assert streets.auroc.value == pytest.approx(exact, abs=5e-4)
    threshold = np.sort(known)[150]
    assert streets.kept.value == pytest.approx((unknown >= threshold).mean(), abs=0.01)


def test_worst_are_the_surest_and_few_of_one_group() -> None:
    alike = SEEN._replace(groups=['one' for _ in SEEN.groups])
    assert len(worst_frames(alike, LABELS, ABOVE)) == 2
    worst = worst_frames(SEEN, LABELS, ABOVE, most=3)
    assert [SEEN.sources[index] for index in worst] == ['streets', 'streets', 'kerbs']


def test_a_network_without_background_decides_what_it_knows_alone() -> None:
    scores = np.array([[0.4, 0.6], [0.55, 0.45]], np.float32)
    assert decisions(scores, ('a', 'b'), {'a': 0.5, 'b': 0.7}).tolist() == [-1, 0]


@pytest.mark.parametrize('value', [{}, [], {'known_scores': [], 'known': 3, 'unknown': {}}])
def test_another_form_is_one_sentence(value: object) -> None:
    with pytest.raises(PerceptionError, match='a file does not tell'):
        open_world_from_json(value, 'a file')
