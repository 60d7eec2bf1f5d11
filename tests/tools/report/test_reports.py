# SPDX-License-Identifier: Apache-2.0
"""Reports: right figures, and a page that is well-formed and needs nothing else."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from mobilenet_perception.frames import RegionOfInterest
from mobilenet_perception.inference.bundle import load_bundle
from mobilenet_perception.inference.classifier import Classifier
from mobilenet_perception.inference.runtimes import create_runtime
from mobilenet_perception.pipeline.decision import ScoredLabel
from mobilenet_perception.pipeline.timing import FrameRecord, Outcome
from mobilenet_perception.recordings import SourceFrame, open_source
from mobilenet_perception.tools.replay.in_process import play_fast
from mobilenet_perception.tools.replay.settings import ReplaySettings
from mobilenet_perception.tools.report.drawing import nice_ceiling
from mobilenet_perception.tools.report.json_report import report
from mobilenet_perception.tools.report.run import FrameResult, MissedFrame, Run, Thumbnail
from mobilenet_perception.tools.report.run_page import run_page
from mobilenet_perception.tools.report.scoring import intervals, score
from mobilenet_perception.tools.report.tables import summary
from mobilenet_perception.tools.report.thumbnails import ThumbnailPicker, thumbnail
from mobilenet_perception.tools.terminal import table

LABELS = ['stop', 'yield', 'background']
HOSTILE = '<script>alert("&")</script>'


def frame(
    number: int,
    truth: str | None,
    label: str,
    outcome: Outcome = Outcome.ON_TIME,
    clear: bool = True,
) -> FrameResult:
    record = FrameRecord(
        'camera', number, number, outcome, 'v', 50.0, age_ms=float(number), total_ms=1.0,
        reason='' if outcome is Outcome.ON_TIME else HOSTILE,
    )  # fmt: skip
    top = (ScoredLabel(label, 0.9),) if outcome is Outcome.ON_TIME else ()
    return FrameResult(record, number / 10, top, label, truth, clear, RegionOfInterest(1, 2, 3, 4))


def a_run(frames: list[FrameResult], missed: list[MissedFrame], pictures: int = 0) -> Run:
    return Run(
        mode='ros',
        source=HOSTILE,
        bundle={'name': 'b', 'digest': '0' * 64, 'labels': LABELS, 'variants': ['v'],
                'decide_above': 0.5},
        machine={'processor': 'p', 'python': '3', 'runtime': 'r 1'},
        latency_budget_ms=50.0,
        frames={'camera': frames},
        missed=missed,
        thumbnails=[Thumbnail('camera', n, 640, 480, b'jpeg') for n in range(1, pictures + 1)],
        troubles=[HOSTILE],
        wall_s=1.0,
    )  # fmt: skip


@pytest.fixture
def mixed() -> Run:
    """Right, wrong, late, rejected, background, unclear, unknown to the bundle, and lost."""
    frames = [
        frame(1, 'stop', 'stop'),
        frame(2, 'stop', 'yield'),
        frame(3, 'stop', '', Outcome.LATE),
        frame(4, 'yield', 'yield'),
        frame(5, 'background', 'background'),
        frame(6, 'yield', 'stop', clear=False),
        frame(7, 'moose', 'stop'),
        frame(8, None, 'stop'),
        frame(9, None, '', Outcome.REJECTED, clear=False),
    ]
    return a_run(frames, [MissedFrame('camera', 1.0, 'yield', True)], pictures=9)


def test_accuracy_counts_what_was_not_answered_as_wrong(mixed: Run) -> None:
    found = score(mixed.all_frames(), mixed.missed, LABELS)
    assert found.clear == (5, 2)
    assert found.no_signal == (1, 1)
    assert found.labelled == (7, 3)
    assert found.by_label == {'stop': (3, 1), 'yield': (2, 1)}
    assert set(found.confusions) == {
        ('stop', 'yield', 1),
        ('stop', 'late', 1),
        ('yield', 'lost', 1),
    }
    assert found.not_in_bundle == ['moose']


def test_json_report_adds_up(mixed: Run) -> None:
    values = report(mixed)
    assert values['schema_version'] == 1
    assert values['received'] == sum(values['outcomes'].values()) == 9
    assert values['lost'] == 1
    assert values['accuracy'] == pytest.approx(0.4)
    assert values['percentiles']['age_ms']['max'] == 9.0
    assert values['reasons'] == {'rejected': {HOSTILE: 1}}
    timeline = values['cameras']['camera']['label_timeline']
    assert sum(item['frames'] for item in timeline) == 9


def test_no_truth_is_no_accuracy() -> None:
    values = report(a_run([frame(1, None, 'stop')], []))
    assert values['accuracy'] is None
    assert 'right on' not in summary(values)
    run_page(values, [])


def test_intervals_join_equal_neighbours() -> None:
    found = intervals([(0.0, 'a'), (0.1, 'a'), (0.2, 'b'), (0.3, 'a')])
    assert [tuple(item) for item in found] == [
        (0.0, 0.1, 'a', 2), (0.2, 0.2, 'b', 1), (0.3, 0.3, 'a', 1),
    ]  # fmt: skip


def test_summary_names_counts_and_troubles(mixed: Run) -> None:
    words = summary(report(mixed))
    for expected in ('9 frames received, 1 lost', 'right on 2 of 5 (40.0%)', 'moose', HOSTILE):
        assert expected in words


def test_page_is_well_formed_and_self_contained(mixed: Run) -> None:
    text = run_page(report(mixed), mixed.thumbnails)
    # The page is written as XML too, so that an XML parser proves it well-formed.
    root = ET.fromstring(text.removeprefix('<!DOCTYPE html>\n'))
    assert not [item for item in root.iter() if item.tag in ('script', 'link', 'iframe', 'object')]
    sources = [item.get('src', '') for item in root.iter() if item.get('src')]
    assert len(sources) >= 9 and all(source.startswith('data:image/jpeg;') for source in sources)
    assert not re.search(r'https?:|url\(|@import', text)
    assert set(re.findall(r'href="(.{5})', text)) <= {'data:'}
    assert HOSTILE not in text


def test_page_shows_regions_and_wrong_answers(mixed: Run) -> None:
    text = run_page(report(mixed), mixed.thumbnails)
    assert text.count('class="card"') * 2 == text.count('class="roi"') > 2 * 9
    assert 'truly stop' in text and 'class="wrong"' in text


def test_share_is_never_rounded_up() -> None:
    frames = [frame(number, 'stop', 'stop') for number in range(1, 2000)]
    values = report(a_run([*frames, frame(2000, 'stop', 'yield')], []))
    assert '>99.9 %<' in run_page(values, []) and '>100 %<' in run_page(values, [])


def test_page_of_a_real_replay(tiny: Path, labelled_bag: Path) -> None:
    classifier = Classifier(load_bundle(tiny), create_runtime(), warmup_runs=1)
    run = play_fast(classifier, open_source(str(labelled_bag)), ReplaySettings())
    text = run_page(report(run), run.thumbnails)
    root = ET.fromstring(text.removeprefix('<!DOCTYPE html>\n'))
    # However the times fall, no frame is missing from a histogram's bars.
    drawn = re.findall(r'aria-label="histogram of (\d+) frames">(.*?)</svg>', text, re.DOTALL)
    assert drawn
    for count, bars in drawn:
        in_bars = [int(number) for number in re.findall(r'<title>(\d+) frames, ', bars)]
        assert len(in_bars) == bars.count('class="bar"') and sum(in_bars) == int(count) > 8
    # What is drawn small above the timeline is there to be used, wide and narrow.
    images = {item.get('id') for item in root.iter('image')}
    used = {item.get('href', '').removeprefix('#') for item in root.iter('use')}
    assert images >= used


def test_one_picture_is_taken_of_each_settled_signal(labelled_bag: Path) -> None:
    first = next(open_source(str(labelled_bag)).frames)
    # Half a second each at 10 Hz, but the yield sign passes in 0.3 s.
    shown = ['stop'] * 10 + ['background'] * 5 + ['yield'] * 3 + ['stop'] * 10
    frames = [
        first._replace(truth=truth, clear=truth != 'background', log_ns=number * 100_000_000)
        for number, truth in enumerate(shown)
    ]
    picker = ThumbnailPicker()
    assert [item.log_ns // 100_000_000 for item in frames if picker.wants(item)] == [4, 22]


def test_pictures_come_now_and_then_where_nothing_is_known(labelled_bag: Path) -> None:
    first = next(open_source(str(labelled_bag)).frames)._replace(truth=None, clear=False)
    frames: list[SourceFrame] = [
        first._replace(log_ns=number * 100_000_000) for number in range(1000)
    ]
    picker = ThumbnailPicker()
    chosen = [item.log_ns // 10**9 for item in frames if picker.wants(item)]
    assert chosen[:3] == [2, 4, 6] and len(chosen) <= 24
    picture = thumbnail(first)
    assert picture is not None and (picture.width, picture.height) == (64, 48)


def test_table_sets_numbers_right() -> None:
    assert table([['name', 'n'], ['a', '1'], ['bb', '100']]) == 'name    n\na       1\nbb    100'


@pytest.mark.parametrize(('value', 'top'), [(0.0, 1), (0.3, 0.5), (1, 1), (3, 5), (51, 100)])
def test_nice_ceiling(value: float, top: float) -> None:
    assert nice_ceiling(value) == pytest.approx(top)
