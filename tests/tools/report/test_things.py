# SPDX-License-Identifier: Apache-2.0
"""Things in reports: figures by id, a row each in the timeline, boxes on pictures."""

import re
from pathlib import Path
from typing import Any

import pytest

from mobilenet_perception.inference.bundle import load_bundle
from mobilenet_perception.inference.classifier import Classifier
from mobilenet_perception.inference.runtimes import create_runtime
from mobilenet_perception.pipeline.regions import EXACT, RegionRules
from mobilenet_perception.recordings import open_source
from mobilenet_perception.recordings.labels import ThingLabel, ThingLabels, labels_to_json
from mobilenet_perception.tools.replay.in_process import play_fast
from mobilenet_perception.tools.replay.settings import ReplaySettings
from mobilenet_perception.tools.report.json_report import report
from mobilenet_perception.tools.report.run_page import run_page
from mobilenet_perception.tools.report.tables import summary
from mobilenet_perception.tools.report.things import things_of, total, tracks
from mobilenet_perception.tools.report.thumbnails import worst_frames, worst_pictures
from mobilenet_perception.tools.report.timeline import NARROW, WIDE, ThingTrack, Track, timeline
from tests.support.browser import check_page
from tests.support.recordings import Recorded, frame, regions, stripe, striped, write_recording

LABELS = ['stop', 'yield', 'background']
LONG = 'the_very_long_name_of_a_signal_of_the_map'


def seen(name: str, label: str = 'stop', **more: Any) -> dict[str, Any]:
    return {
        'id': name, 'roi': [1, 2, 3, 4], 'label': label, 'score': 0.9 if label else None,
        'decision': label or 'unknown', 'truth': 'stop', 'clear': bool(label),
    } | more  # fmt: skip


def a_frame(number: int, *things: dict[str, Any], left: int = 0) -> dict[str, Any]:
    return {
        'stamp_ns': number, 'time_s': number / 10, 'outcome': 'on_time', 'reason': '',
        'label': '', 'score': None, 'decision': '', 'truth': None, 'clear': False, 'roi': None,
        'times_ms': {'age': 5.0}, 'things': list(things),
        'regions': {'given': len(things) + left, 'classified': len(things), 'left': left},
    }  # fmt: skip


def test_figures_of_a_thing_count_what_was_looked_at() -> None:
    frames = [
        a_frame(0, seen('a', decision='unknown')),
        a_frame(1, seen('a', 'yield', decision='unknown'), seen('b', truth=None)),
        # In mind, and not looked at: it counts for nothing.
        a_frame(2, seen('a', '', decision='stop'), left=1),
        a_frame(3, seen('a', decision='stop')),
        a_frame(4, seen('a', '', decision='stop')),
    ]
    one, other = things_of(frames, LABELS)
    assert (one['id'], one['frames'], one['from_s'], one['to_s']) == ('a', 3, 0.0, 0.3)
    assert one['labels'] == {
        'frames': 3, 'right': 2, 'wrong': 1, 'silent': 0, 'accuracy': pytest.approx(2 / 3),
    }  # fmt: skip
    assert one['decisions'] == {
        'frames': 3, 'right': 1, 'wrong': 0, 'silent': 2, 'accuracy': pytest.approx(1 / 3),
    }  # fmt: skip
    # The decision in the frame that did not look at it is not one of known truth.
    assert one['decided_after_s'] == pytest.approx(0.3) and one['decision'] == 'stop'
    # Of unknown truth any label is a decision.
    assert (other['truths'], other['decided_after_s']) == ([], 0.0)
    found = total([{'things': [one, other], 'frames': frames}], LABELS)
    assert found is not None
    assert (found['things'], found['known'], found['never_decided']) == (2, 1, 0)
    assert found['regions'] == {'given': 7, 'classified': 6, 'left': 1}
    assert found['no_signal']['frames'] == 0
    assert found['decided_after_s'] == {'p50': 0.3, 'max': 0.3}


def test_a_label_where_nothing_is_shown_is_a_false_decision() -> None:
    nothing = {'truth': 'background', 'label': 'background'}
    frames = [
        a_frame(n, seen('wall', **nothing, decision=decision))
        for n, decision in enumerate(('background', 'unknown', 'stop', 'yield'))
    ]
    (wall,) = things_of(frames, LABELS)
    assert (wall['no_signal']['right'], wall['no_signal']['wrong']) == (2, 2)
    assert wall['decisions']['frames'] == 0 and wall['decided_after_s'] is None


def test_reports_without_regions_have_no_things() -> None:
    assert total([{'frames': []}], LABELS) is None


def track(frames: list[dict[str, Any]]) -> Track:
    colours = {'stop': '#aaa', 'yield': '#bbb'}
    things = [ThingTrack(*item) for item in tracks(frames).items()]
    return Track(frames, 0.1, 50.0, LABELS, colours, things=things)


def test_each_thing_has_a_row_on_the_lines_where_it_is_seen() -> None:
    frames = [a_frame(n, seen('a'), *([seen(LONG)] if n > 150 else [])) for n in range(300)]
    drawn = timeline(track(frames), NARROW)
    names = re.findall(r'<g><title>([^<]*)</title><text class="row"[^>]*>([^<]*)<', drawn)
    # Three lines of ten seconds; the name is cut where there is no room, and told in full.
    assert [name for name, _ in names] == ['a', 'a', LONG, 'a', LONG]
    assert names[2][1].endswith('…') and len(names[2][1]) < 12
    assert '>label<' not in drawn and '>decision<' not in drawn and '>outcome<' in drawn


def test_a_wrong_decision_is_marked_under_its_thing() -> None:
    frames = [a_frame(n, seen('a'), seen('b', decision='yield')) for n in range(3)]
    assert timeline(track(frames), WIDE).count('class="wrong"') == 1


def test_many_things_make_no_endless_timeline() -> None:
    frames = [a_frame(n, *(seen(str(i)) for i in range(40))) for n in range(5)]
    drawn = timeline(track(frames), WIDE)
    assert drawn.count('class="row"') == 16 + 2 and 'and 24 more things' in drawn


@pytest.fixture(scope='module')
def values(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A street of three things, one with another label than it has, with pictures."""
    items: list[Recorded] = []
    for n in range(50):
        items.append(frame(striped('red', 'green', 'blue'), 100.0 * n))
        boxes = (stripe('a', 0), stripe(LONG, 1), stripe('<b>', 2))
        items.append(regions(*boxes, at_ms=100.0 * n + 10, age_ms=15.0))
    bag = write_recording(tmp_path_factory.mktemp('bags') / 'street', items)
    known = ThingLabels([ThingLabel('a', None, None, 'red'), ThingLabel(LONG, None, None, 'blue')])
    (bag / 'labels.json').write_text(labels_to_json({}, {'front': known}))
    classifier = Classifier(load_bundle(tiny), create_runtime(), warmup_runs=1)
    settings = ReplaySettings(region_rules=RegionRules(match=EXACT))
    run = play_fast(classifier, open_source(str(bag)), settings)
    found = report(run)
    worst = worst_pictures(found, lambda stamps: open_source(str(bag), stamps=stamps))
    return {'report': found, 'page': run_page(found, run.thumbnails, worst)}


def test_pages_have_boxes_with_ids_in_the_colour_of_right_and_wrong(
    values: dict[str, Any],
) -> None:
    page = values['page']
    boxes = re.findall(
        r'<rect class="roi ?(\w*)"[^>]*/>(?:<text class="tag"[^>]*>([^<]*)<)?', page
    )
    assert {(name, kind) for kind, name in boxes if name} == {
        ('a', 'right'), (f'{LONG[:11]}…', 'false'), ('&lt;b&gt;', ''),
    }  # fmt: skip
    assert '<h2>Things</h2>' in page
    assert f'{LONG}: green 1.00' in page.replace('<wbr/>', '')


def test_what_went_worst_is_of_a_thing(values: dict[str, Any]) -> None:
    (first, *_) = worst_frames(values['report'])
    assert (first.kind, first.frame['id'], first.like_it) == ('decision', LONG, 50)
    assert f'at {first.frame["time_s"]:.1f} s, {LONG}' in values['page'].replace('<wbr/>', '')


def test_the_summary_tells_of_things(values: dict[str, Any]) -> None:
    words = summary(values['report'])
    assert '3 things; of 150 regions 150 were looked at.' in words
    assert '(2 things) the decision was right on 50 of 100 (50.0%) regions' in words


@pytest.mark.parametrize(('width', 'shape'), [(400, 'narrow'), (1200, 'wide')])
def test_nothing_is_cut_off(
    values: dict[str, Any], tmp_path: Path, width: int, shape: str
) -> None:
    found = check_page(values['page'], tmp_path, width)
    assert found['timelines'] == [f'timeline {shape}'] and found['smallest'] >= 10
