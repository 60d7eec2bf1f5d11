# SPDX-License-Identifier: Apache-2.0
"""Things that regions name, in golden files and expectations: by id, over time."""

from pathlib import Path
from typing import Any

import pytest

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.pipeline.regions import EXACT, RegionRules
from mobilenet_perception.tools.replay.play import play
from mobilenet_perception.tools.replay.settings import ReplaySettings
from mobilenet_perception.tools.replay.testing.compare import compare
from mobilenet_perception.tools.replay.testing.difference import difference_text
from mobilenet_perception.tools.replay.testing.expectations import (
    Expectations,
    check,
    intervals,
)
from mobilenet_perception.tools.replay.testing.golden import (
    Golden,
    Replayed,
    Tolerances,
    golden_text,
    read_golden,
    replayed,
    update_golden,
)
from mobilenet_perception.tools.report.json_report import report
from tests.support.recordings import Recorded, frame, regions, stripe, striped, write_recording
from tests.tools.replay.testing.timelines import a_replay


@pytest.fixture(scope='module')
def values(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Ten frames in which `a` is red, then green, and `b` is blue."""
    items: list[Recorded] = []
    for n in range(10):
        items.append(frame(striped('red' if n < 5 else 'green', 'blue'), 100.0 * n))
        boxes = (stripe('a', 0, of=2), stripe('b', 1, of=2))
        items.append(regions(*boxes, at_ms=100.0 * n + 10, age_ms=15.0))
    bag = write_recording(tmp_path_factory.mktemp('bags') / 'two', items)
    rules = RegionRules(match=EXACT)
    return report(play(ReplaySettings(str(bag), tiny, region_rules=rules)))


def told(golden: Replayed, came: Replayed) -> str:
    found = compare(Golden('two.golden.json', golden, Tolerances()), came)
    return '\n'.join(map(difference_text, found))


def with_thing(found: Replayed, name: str, number: int, **changes: Any) -> Replayed:
    frames = [*found.things['front'][name]]
    frames[number] = frames[number]._replace(**changes)
    return found._replace(things={'front': {**found.things['front'], name: frames}})


def test_a_golden_file_holds_what_was_said_of_each_thing(
    values: dict[str, Any], tmp_path: Path
) -> None:
    found, path = replayed(values), tmp_path / 'two.golden.json'
    update_golden(path, found)
    golden = read_golden(path)
    assert golden.replayed == found and set(found.things['front']) == {'a', 'b'}
    assert compare(golden, found) == []
    # A line for each frame, and for each thing in it.
    assert path.read_text().count('"stamp_ns"') == 30


@pytest.mark.parametrize(
    ('changes', 'said'),
    [
        ({'label': 'blue'}, '1 of 10 frames of front/a have another label, score or box'),
        ({'score': 0.5}, 'expected red 0.500 at 9,4 12x12, came red 1.000 at 9,4 12x12'),
        ({'roi': (9, 4, 13, 12)}, 'expected red 1.000 at 9,4 13x12, came red 1.000 at 9,4 12x12'),
        ({'decision': 'unknown'}, '1 of 10 frames of front/a have another decision'),
    ],
)
def test_what_differs_of_a_thing_is_shown(
    values: dict[str, Any], changes: dict[str, Any], said: str
) -> None:
    now = replayed(values)
    before = with_thing(now, 'a', 2, **changes)
    words = told(before, now)
    assert said in words and 'first wrong: frame 3 of 10, at 0.200 s' in words
    assert 'front/b' not in words


def test_a_thing_that_is_no_longer_seen_is_missed(values: dict[str, Any]) -> None:
    before = replayed(values)
    now = before._replace(things={'front': {'a': before.things['front']['a']}})
    words = told(before, now)
    assert '10 of 10 frames of front/b have another label' in words
    assert 'cause: all 10 frames are missing' in words


def test_files_from_before_there_were_regions_stay_valid(tmp_path: Path) -> None:
    text = golden_text(a_replay('ssxy'), Tolerances())
    assert '"things"' not in text and '"roi"' not in text
    path = tmp_path / 'old.golden.json'
    path.write_text(text)
    assert compare(read_golden(path), a_replay('ssxy')) == []


def test_regions_in_place_of_whole_images_are_named_as_the_cause(values: dict[str, Any]) -> None:
    now = replayed(values)
    assert (
        'cause: regions were looked at, and not whole images as then: --regions says which'
    ) in told(now._replace(things={}), now)


def test_decisions_are_expected_by_id(values: dict[str, Any]) -> None:
    right = [(0.0, 0.5, 'red', 'a'), (0.6, 0.9, 'green', 'a'), (0.0, 0.9, 'blue', 'b')]
    shown = intervals([(0.0, 0.4, 'red', 'a'), (0.5, 0.9, 'green', 'a')])
    expected = Expectations(labels=shown, decisions=intervals(right), decision_timeout_ms=500.0)
    assert check(values, expected) == []
    (wrong,) = check(values, Expectations(decisions=intervals([(0.0, 0.9, 'red', 'a')])))
    assert '4 of 10 frames of a have another decision' in difference_text(wrong)


def test_an_unknown_id_is_refused_with_those_that_are(values: dict[str, Any]) -> None:
    with pytest.raises(PerceptionError, match='no camera c: choose one of front, a, b'):
        check(values, Expectations(labels=intervals([(0, 1, 'red', 'c')])))
