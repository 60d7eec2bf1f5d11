# SPDX-License-Identifier: Apache-2.0
"""The table: order, differences with their verdict, and what must not be compared."""

import csv
import io
import json
from xml.etree import ElementTree

import pytest

from mobilenet_perception.inference.runtimes import create_runtime
from mobilenet_perception.tools.report import pages
from tests.training.evaluation.comparison.entries import entry, graph, predictions
from training.configuration.records import to_json
from training.errors import TrainingError
from training.evaluation.comparison import (
    Comparison,
    compare,
    comparison_csv,
    comparison_report,
    comparison_text,
    measure_latencies,
)


@pytest.fixture(scope='module')
def comparison() -> Comparison:
    entries = [entry('poor', 9), entry('good', 1, alpha=1.0), entry('same', 9)]
    return compare(entries, against='poor', rounds=3)


def test_the_most_accurate_is_first_and_all_are_timed(comparison: Comparison) -> None:
    assert [row.name for row in comparison.rows] == ['good', 'poor', 'same']
    for row in comparison.rows:
        found = row.latency['onnxruntime']
        assert 0 < found.p50_ms <= found.p95_ms
        assert found.runs == 12
        assert row.bytes == len(graph(row.width, row.alpha))
    assert comparison.machine['threads'] == '1'


def test_a_difference_is_paired_and_has_a_verdict(comparison: Comparison) -> None:
    assert set(comparison.differences) == {'good', 'same'}
    found = comparison.differences['good'].accuracy
    assert found is not None
    assert found.value == pytest.approx(0.4)
    assert found.low > 0
    alike = comparison.differences['same'].accuracy
    assert alike is not None
    # Paired: of two networks that answer alike not even chance makes a difference.
    assert alike.low == alike.high == 0
    text = comparison_text(comparison)
    assert 'better' in text
    assert 'not told apart' in text


def test_programs_get_plain_numbers(comparison: Comparison) -> None:
    lines = list(csv.DictReader(io.StringIO(comparison_csv(comparison))))
    assert [line['name'] for line in lines] == ['good', 'poor', 'same']
    assert float(lines[0]['accuracy']) == pytest.approx(0.95)
    assert float(lines[0]['difference_low']) > 0
    assert lines[1]['difference'] == ''
    assert float(lines[2]['onnxruntime_p50_ms']) > 0
    value = json.loads(json.dumps(to_json(comparison)))
    assert value['rows'][0]['latency']['onnxruntime']['runs'] == 12
    assert value['differences']['good']['accuracy']['low'] > 0


def test_the_report_plots_accuracy_against_every_cost(comparison: Comparison) -> None:
    report = comparison_report(comparison)
    pictures = [
        part for s in report.sections for part in s.parts if isinstance(part, pages.Picture)
    ]
    costs = [picture.title for picture in pictures]
    assert [cost.split(' against ')[1].split(' ')[0] for cost in costs] == [
        'latency', 'multiply-adds', 'parameters', 'size',
    ]  # fmt: skip
    for picture in pictures:
        ElementTree.fromstring(picture.content)
    text = pages.render(report)
    assert 'Against poor' in text
    assert 'Against poor, on the same frames: 1 better, 1 not told apart.' in text


def test_the_verdict_says_what_is_worth_choosing() -> None:
    entries = [entry('small', 9), entry('large', 1, size=24), entry('beaten', 9, size=24)]
    found = compare(entries, rounds=1)
    # By their multiply-adds, which are the same on every machine.
    untimed = found._replace(rows=tuple(row._replace(latency={}) for row in found.rows))
    verdict, *_ = comparison_report(untimed).verdict
    assert verdict.words == (
        '2 of 3 networks are worth choosing from: small (least multiply-adds) to large (most '
        'accurate); 1 other is beaten in both.'
    )


def test_figures_of_different_frames_are_not_passed_off_as_comparable() -> None:
    others = [entry('other', 2, source='b'), entry('few', 2)._replace(labels=('red', 'blue'))]
    found = compare([entry('one', 1), *others], against='one', rounds=1)
    notes = ' '.join(found.notes)
    assert 'other and one were tested on different frames' in notes
    assert 'few and one tell different labels apart' in notes
    assert 'other' not in found.differences


def test_who_is_compared_with_must_be_there_and_have_predictions() -> None:
    entries = [entry('one', 1), entry('two', 2)._replace(predictions=None)]
    with pytest.raises(TrainingError, match="no 'three': choose one of one, two"):
        compare(entries, against='three', rounds=1)
    with pytest.raises(TrainingError, match='predictions of two are not kept'):
        compare(entries, against='two', rounds=1)
    assert not compare(entries, against='one', rounds=1).differences


def test_a_graph_that_a_runtime_refuses_does_not_stop_the_others() -> None:
    models = {'sound': graph(16, 0.5), 'broken': b'no graph'}
    found = measure_latencies(models, create_runtime(), rounds=2)
    assert set(found.found) == {'sound'}
    assert 'broken' in found.refused['broken']


def test_the_predictions_of_the_tests_are_as_wrong_as_they_say() -> None:
    one = predictions(9)
    assert (one.predicted == one.truth).mean() == pytest.approx(0.55)
