# SPDX-License-Identifier: Apache-2.0
"""From when a budget counts, and whose turn it is."""

import math
from collections import Counter

import pytest

from mobilenet_perception.inference.classifier import Classifier
from mobilenet_perception.pipeline.timing import Outcome
from tests.pipeline.bench import Bench
from tests.support.image_messages import plain_message
from tests.support.manual_clock import MS


@pytest.mark.parametrize(
    ('age_ms', 'trouble'), [(-500.0, 'in the future'), (20_000.0, 'old on arrival')]
)
def test_stamps_of_another_clock_fall_back_to_receipt(
    classifier: Classifier, age_ms: float, trouble: str
) -> None:
    bench = Bench(classifier)
    bench.submit(plain_message('red'), age_ms=age_ms)
    bench.pipeline.run_once()
    assert bench.outcomes == ['on_time']
    assert trouble in bench.pipeline.state('front').stamp_trouble
    assert bench.results[0].record.transport_ms is None
    bench.submit(plain_message('red'))
    assert bench.pipeline.state('front').stamp_trouble == ''


def test_zero_stamp_falls_back_to_receipt(classifier: Classifier) -> None:
    bench = Bench(classifier)
    bench.pipeline.submit('front', plain_message('red'), 0)
    bench.pipeline.run_once()
    assert bench.outcomes == ['on_time']
    assert 'zero' in bench.pipeline.state('front').stamp_trouble


def test_budget_from_receipt(classifier: Classifier) -> None:
    bench = Bench(classifier, budget_reference='receipt')
    bench.submit(plain_message('red'), age_ms=400.0)
    bench.pipeline.run_once()
    assert bench.outcomes == ['on_time']


def test_earliest_deadline_first(classifier: Classifier) -> None:
    bench = Bench(classifier, 'front', 'rear')
    bench.submit(plain_message('red'), 'front', age_ms=5.0)
    bench.submit(plain_message('red'), 'rear', age_ms=10.0)
    bench.pipeline.run_once()
    bench.pipeline.run_once()
    assert [r.record.camera for r in bench.results] == ['rear', 'front']


def test_overload_starves_no_camera(classifier: Classifier) -> None:
    bench = Bench(classifier, 'front', 'rear', 'side')
    for _ in range(30):
        for name in ('front', 'rear', 'side'):
            bench.submit(plain_message('red'), name)
        bench.clock.elapsed_ns += 10 * MS
        bench.pipeline.run_once()
    served = Counter(r.record.camera for r in bench.results if r.record.outcome is Outcome.ON_TIME)
    assert served == {'front': 10, 'rear': 10, 'side': 10}


def test_infinite_budget_runs_every_frame(classifier: Classifier) -> None:
    bench = Bench(classifier, latency_budget_ms=math.inf)
    bench.submit(plain_message('red'), age_ms=9_000.0)
    bench.clock.elapsed_ns += 10**12
    bench.pipeline.run_once()
    assert bench.outcomes == ['on_time']
