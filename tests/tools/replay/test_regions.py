# SPDX-License-Identifier: Apache-2.0
"""Regions in replays: labels and decisions by id, in recorded order and time; right or wrong."""

import json
from pathlib import Path
from typing import Any

import pytest

from mobilenet_perception.frames.boxes import Box
from mobilenet_perception.inference.bundle import load_bundle
from mobilenet_perception.inference.classifier import Classifier
from mobilenet_perception.inference.runtimes import create_runtime
from mobilenet_perception.pipeline.regions import EXACT, LATEST, RegionRules
from mobilenet_perception.recordings import open_source
from mobilenet_perception.recordings.labels import ThingLabel, ThingLabels, labels_to_json
from mobilenet_perception.tools.cli import main
from mobilenet_perception.tools.replay.in_process import play_fast, play_paced
from mobilenet_perception.tools.replay.settings import ReplaySettings
from mobilenet_perception.tools.report.json_report import report
from tests.support.colours import assert_one_sentence
from tests.support.recordings import (
    MS,
    START_NS,
    Recorded,
    frame,
    regions,
    stripe,
    striped,
    write_recording,
)

PERIOD_MS = 50.0
EXACTLY = ReplaySettings(region_rules=RegionRules(match=EXACT))


@pytest.fixture(scope='module')
def classifier(tiny: Path) -> Classifier:
    return Classifier(load_bundle(tiny), create_runtime(), warmup_runs=1)


def street(
    path: Path, frames: int = 20, late_ms: float = 12.0, labels: list[ThingLabel] | None = None
) -> Path:
    """Write a light, red and from the middle on green, beside a green sign; boxes come late."""
    items: list[Recorded] = []
    for n in range(frames):
        at_ms = PERIOD_MS * n
        light = 'red' if n < frames // 2 else 'green'
        items.append(frame(striped(light, 'green', 'blue'), at_ms))
        boxes = (stripe('light', 0), stripe('sign', 1))
        items.append(regions(*boxes, at_ms=at_ms + late_ms, age_ms=5.0 + late_ms))
    write_recording(path, sorted(items, key=lambda item: item[1]))
    if labels:
        (path / 'labels.json').write_text(labels_to_json({}, {'front': ThingLabels(labels)}))
    return path


def stamp_ns(n: int) -> int:
    return START_NS + round((PERIOD_MS * n - 5.0) * MS)


def replayed(classifier: Classifier, bag: Path, settings: ReplaySettings) -> dict[str, Any]:
    source = open_source(str(bag), regions=settings.regions)
    return report(play_fast(classifier, source, settings))


def said(values: dict[str, Any], field: str) -> list[dict[str, str]]:
    return [
        {thing['id']: thing[field] for thing in frame['things']}
        for frame in values['cameras']['front']['frames']
    ]


def test_labels_and_decisions_are_kept_for_each_id(classifier: Classifier, tmp_path: Path) -> None:
    values = replayed(classifier, street(tmp_path / 'bag'), EXACTLY)
    reds, greens = {'light': 'red', 'sign': 'green'}, {'light': 'green', 'sign': 'green'}
    assert said(values, 'label') == [reds] * 10 + [greens] * 10
    # One frame alone turns no decision.
    assert said(values, 'decision') == [reds] * 11 + [greens] * 9
    (first, *_) = values['cameras']['front']['frames']
    assert first['things'][0]['roi'] == [4, 4, 12, 12]
    assert first['regions'] == {'given': 2, 'classified': 2, 'left': 0}
    # They came when they were recorded: the answer is as old as that.
    assert first['times_ms']['age'] == 17.0 and first['label'] == first['decision'] == ''


def test_latest_takes_the_regions_of_before(classifier: Classifier, tmp_path: Path) -> None:
    values = replayed(classifier, street(tmp_path / 'bag'), ReplaySettings())
    first, *others = values['cameras']['front']['frames']
    assert (first['outcome'], first['reason']) == ('expired', 'no regions have come')
    assert first['things'] == [] and first['decision'] == 'stale'
    assert all(frame['times_ms']['age'] == 5.0 and len(frame['things']) == 2 for frame in others)


@pytest.mark.parametrize('match', [EXACT, LATEST])
def test_the_same_recording_gives_the_same_always(
    classifier: Classifier, tmp_path: Path, match: str
) -> None:
    bag = street(tmp_path / 'bag')
    found = set()
    for _ in range(2):
        values = replayed(classifier, bag, ReplaySettings(region_rules=RegionRules(match=match)))
        frames = values['cameras']['front']['frames']
        found.add(json.dumps([{**one, 'times_ms': None} for one in frames]))
    assert len(found) == 1


def test_frames_without_regions_end_by_name(classifier: Classifier, tmp_path: Path) -> None:
    items: list[Recorded] = [frame(striped('red'), PERIOD_MS * n) for n in range(4)]
    items.append(regions(stripe('a', 0, of=1), at_ms=PERIOD_MS + 10, age_ms=15.0))
    bag = write_recording(tmp_path / 'bag', sorted(items, key=lambda item: item[1]))
    values = replayed(classifier, bag, EXACTLY)
    ended = [(one['outcome'], one['reason']) for one in values['cameras']['front']['frames']]
    nothing = ('expired', 'no regions of its stamp were recorded')
    assert ended == [('superseded', 'a newer frame came first'), ('on_time', ''), nothing, nothing]


def test_a_frame_whose_regions_are_an_empty_list_is_answered(
    classifier: Classifier, tmp_path: Path
) -> None:
    items: list[Recorded] = [frame(striped('red'), 0.0), regions(at_ms=10, age_ms=15.0)]
    values = replayed(classifier, write_recording(tmp_path / 'bag', items), EXACTLY)
    (only,) = values['cameras']['front']['frames']
    assert (only['outcome'], only['things'], only['decision']) == ('on_time', [], '')


def test_regions_may_be_left_aside(classifier: Classifier, tmp_path: Path) -> None:
    bag = street(tmp_path / 'bag')
    values = replayed(classifier, bag, ReplaySettings(regions=('none',)))
    assert values['things'] is None and values['cameras']['front']['frames'][0]['label']
    assert 'things' not in values['cameras']['front']['frames'][0]


def test_paced_replay_answers_within_its_budget(classifier: Classifier, tmp_path: Path) -> None:
    settings = ReplaySettings(
        mode='paced', latency_budget_ms=2000.0, region_rules=RegionRules(match=EXACT)
    )
    source = open_source(str(street(tmp_path / 'bag')))
    values = report(play_paced(classifier, source, settings))
    assert values['outcomes']['on_time'] == 20
    assert {'light': 'red', 'sign': 'green'} in said(values, 'label')
    assert said(values, 'decision')[-1] == {'light': 'green', 'sign': 'green'}


def test_accuracy_is_that_of_things(classifier: Classifier, tmp_path: Path) -> None:
    labels = [
        ThingLabel('light', None, stamp_ns(9), 'red'),
        ThingLabel('light', stamp_ns(10), None, 'green'),
        ThingLabel('sign', stamp_ns(0), stamp_ns(4), 'blue'),
        ThingLabel('sign', stamp_ns(5), stamp_ns(9), 'green', clear=False),
    ]
    values = replayed(classifier, street(tmp_path / 'bag', labels=labels), EXACTLY)
    assert values['accuracy'] == pytest.approx(20 / 25)
    assert values['scoring']['clear'] == {'frames': 25, 'right': 20, 'accuracy': 0.8}
    assert values['scoring']['confusions'] == [{'truth': 'blue', 'label': 'green', 'frames': 5}]
    light, sign = values['cameras']['front']['things']
    assert light['truths'] == ['red', 'green'] and light['decided_after_s'] == 0.0
    assert light['labels'] == {
        'frames': 20, 'right': 20, 'wrong': 0, 'silent': 0, 'accuracy': 1.0,
    }  # fmt: skip
    assert light['decisions']['right'] == 19 and light['decisions']['wrong'] == 1
    assert sign['labels']['wrong'] == 5 and sign['decided_after_s'] is None
    total = values['things']
    assert (total['things'], total['known'], total['never_decided']) == (2, 2, 1)
    assert total['regions'] == {'given': 40, 'classified': 40, 'left': 0}
    assert total['decisions']['accuracy'] == pytest.approx(19 / 25)


def test_time_to_the_decision_counts_from_first_sight(
    classifier: Classifier, tmp_path: Path
) -> None:
    items: list[Recorded] = []
    for n in range(8):
        # Grey tells nothing: the first four frames decide nothing.
        items.append(frame(striped('red') // 20 if n < 4 else striped('red'), 100.0 * n))
        items.append(regions(stripe('a', 0, of=1), at_ms=100.0 * n + 10, age_ms=15.0))
    bag = write_recording(tmp_path / 'bag', items)
    (thing,) = replayed(classifier, bag, EXACTLY)['cameras']['front']['things']
    assert thing['decided_after_s'] == pytest.approx(0.4)
    assert (thing['from_s'], thing['to_s'], thing['truths']) == (0.0, 0.7, [])


def test_command_tells_of_things_and_holds_them_to_an_accuracy(
    tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = [ThingLabel('sign', None, None, 'blue'), ThingLabel('light', None, None, 'red')]
    bag = street(tmp_path / 'bag', labels=labels)
    arguments = ['replay', str(bag), '--bundle', str(tiny), '--regions-match', 'exact']
    assert main([*arguments, '--min-accuracy', '0.25']) == 0
    told = capsys.readouterr().out
    assert 'right on 10 of 40 (25.0%) regions that show a signal clearly' in told
    row = next(line.split() for line in told.splitlines() if line.startswith('sign '))
    assert ' '.join(row) == 'sign blue 0.0 to 0.9 s 20 0 of 20 0 of 20 - green'
    assert 'never decided right: 1 thing.' in told
    assert main([*arguments, '--min-accuracy', '0.3']) == 1


@pytest.mark.parametrize(
    ('more', 'said'),
    [
        (('--regions', '/moose'), 'no topic of regions /moose'),
        (('--regions', '/boxes', '--roi', '1,2,3,4'), '--roi is one place for all frames'),
    ],
)
def test_what_does_not_go_together_is_one_sentence(
    tiny: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    more: tuple[str, ...],
    said: str,
) -> None:
    bag = street(tmp_path / 'bag', frames=2)
    assert main(['replay', str(bag), '--bundle', str(tiny), *more]) == 1
    errors = capsys.readouterr().err
    assert_one_sentence(errors)
    assert said in errors


def test_a_region_of_interest_takes_the_place_of_regions(tiny: Path, tmp_path: Path) -> None:
    bag, out = street(tmp_path / 'bag', frames=2), tmp_path / 'out.json'
    arguments = ['--bundle', str(tiny), '--roi', '45,0,10,10', '--json', str(out)]
    assert main(['replay', str(bag), *arguments]) == 0
    frames = json.loads(out.read_text())['cameras']['front']['frames']
    assert [one['label'] for one in frames] == ['blue', 'blue']


def test_two_things_that_change_their_ids_start_anew(
    classifier: Classifier, tmp_path: Path
) -> None:
    items: list[Recorded] = []
    for n in range(12):
        one, other = ('a', 'b') if n < 6 else ('b', 'a')
        items.append(frame(striped('red', 'green', 'blue'), PERIOD_MS * n))
        boxes = (stripe(one, 0), stripe(other, 2))
        items.append(regions(*boxes, at_ms=PERIOD_MS * n + 10, age_ms=15.0))
    values = replayed(classifier, write_recording(tmp_path / 'bag', items), EXACTLY)
    swapped = [{'a': 'red', 'b': 'blue'}] * 6 + [{'b': 'red', 'a': 'blue'}] * 6
    assert said(values, 'label') == said(values, 'decision') == swapped


def test_regions_without_an_id_get_labels_and_no_decision(
    classifier: Classifier, tmp_path: Path
) -> None:
    items: list[Recorded] = [frame(striped('red', 'green', 'blue'), 0.0)]
    items.append(regions(stripe('', 0), stripe('', 2), at_ms=10, age_ms=15.0))
    values = replayed(classifier, write_recording(tmp_path / 'bag', items), EXACTLY)
    (only,) = values['cameras']['front']['frames']
    assert [(one['label'], one['decision']) for one in only['things']] == [
        ('red', ''), ('blue', ''),
    ]  # fmt: skip
    assert values['cameras']['front']['things'] == []


def test_classes_of_the_detector_choose(classifier: Classifier, tmp_path: Path) -> None:
    boxes: tuple[Box, ...] = (stripe('a', 0), stripe('b', 1)._replace(labels=('sign',)))
    items: list[Recorded] = [frame(striped('red', 'green', 'blue'), 0.0)]
    items.append(regions(*boxes, at_ms=10, age_ms=15.0))
    rules = RegionRules(match=EXACT, classes=('sign',), margin=0.0)
    values = replayed(
        classifier, write_recording(tmp_path / 'bag', items), ReplaySettings(region_rules=rules)
    )
    (only,) = values['cameras']['front']['frames']
    assert [(one['id'], one['roi']) for one in only['things']] == [('b', [25, 5, 10, 10])]
