# SPDX-License-Identifier: Apache-2.0
"""Every frame ends in exactly one outcome, and what is published is on time."""

from typing import Any

import numpy as np
import pytest

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames import RegionOfInterest
from mobilenet_perception.inference.bundle import default_bundle_path, load_bundle
from mobilenet_perception.inference.classifier import Classifier
from mobilenet_perception.inference.runtimes import create_runtime
from mobilenet_perception.pipeline.decision import DecisionRules
from mobilenet_perception.pipeline.parameters import CameraSettings, PipelineSettings
from mobilenet_perception.pipeline.timing import Outcome
from tests.pipeline.bench import Bench, with_classify
from tests.support.image_messages import plain_message
from tests.support.manual_clock import MS


def test_on_time(classifier: Classifier) -> None:
    bench = Bench(classifier)
    bench.submit(plain_message('green'), age_ms=4.0)
    bench.clock.elapsed_ns += 3 * MS
    assert bench.pipeline.run_once()
    (result,) = bench.results
    record = result.record
    assert record.outcome is Outcome.ON_TIME and record.reason == ''
    assert result.top[0].label == 'green' and len(result.top) == 3
    assert result.decision.label == 'green'
    assert (record.transport_ms, record.wait_ms, record.age_ms) == (4.0, 3.0, 7.0)
    assert record.variant == 'tiny' and record.sequence == 1
    assert not bench.pipeline.run_once()


def test_newest_frame_wins(classifier: Classifier) -> None:
    bench = Bench(classifier)
    for label in ('red', 'green', 'blue'):
        bench.submit(plain_message(label))
    bench.pipeline.run_once()
    assert bench.outcomes == ['superseded', 'superseded', 'on_time']
    assert bench.results[-1].top[0].label == 'blue'
    assert [r.record.sequence for r in bench.results] == [1, 2, 3]


def test_too_old_on_arrival_is_expired_without_being_run(classifier: Classifier) -> None:
    bench = Bench(classifier)
    bench.submit(plain_message('red'), age_ms=60.0)
    bench.pipeline.run_once()
    record = bench.results[0].record
    assert record.outcome is Outcome.EXPIRED
    assert record.inference_ms is None and 'fastest variant needs' in record.reason
    assert bench.results[0].decision.label == 'stale'


def test_overshoot_is_late_and_no_evidence(classifier: Classifier) -> None:
    bench = Bench(classifier)
    message = plain_message('red')

    class Slow(bytes):
        """Data that takes time to read, as a slow machine would."""

    message.data = Slow(message.data)
    run = classifier.classify

    def slowly(*arguments: Any, **keywords: Any) -> Any:
        bench.clock.elapsed_ns += 51 * MS
        return run(*arguments, **keywords)

    bench.pipeline._classifier = with_classify(classifier, slowly)
    bench.submit(message)
    bench.pipeline.run_once()
    assert bench.outcomes == ['late']
    assert 'after the budget' in bench.results[0].record.reason
    assert bench.results[0].decision.label == 'stale'


def test_malformed_is_rejected_and_the_next_is_served(classifier: Classifier) -> None:
    bench = Bench(classifier)
    broken = plain_message('red')
    broken.data = broken.data[:-1]
    for message in (broken, plain_message('red')):
        bench.submit(message)
        bench.pipeline.run_once()
    assert bench.outcomes == ['rejected', 'on_time']
    assert bench.results[0].record.reason


def test_runtime_trouble_is_failed(classifier: Classifier) -> None:
    bench = Bench(classifier)

    def explode(*arguments: Any, **keywords: Any) -> Any:
        raise RuntimeError('out of memory')

    bench.pipeline._classifier = with_classify(classifier, explode)
    bench.submit(plain_message('red'))
    bench.pipeline.run_once()
    assert bench.outcomes == ['failed']
    assert 'out of memory' in bench.results[0].record.reason


def test_region_of_interest_decides_what_is_seen(classifier: Classifier) -> None:
    bench = Bench(classifier)
    message = plain_message('red', 20, 40)
    pixels = np.frombuffer(message.data, np.uint8).reshape(20, 40, 3).copy()
    pixels[:, 20:] = (10, 40, 180)
    message.data = pixels.tobytes()
    for roi, label in (((0, 0, 20, 20), 'red'), ((20, 0, 20, 20), 'blue')):
        bench.pipeline.set_camera('front', CameraSettings(50.0, RegionOfInterest(*roi)))
        bench.submit(message)
        bench.pipeline.run_once()
        assert bench.results[-1].top[0].label == label
    bench.pipeline.set_camera('front', CameraSettings(50.0, RegionOfInterest(50, 50, 5, 5)))
    bench.submit(message)
    bench.pipeline.run_once()
    assert bench.outcomes[-1] == 'rejected'
    assert 'outside the frame' in bench.results[-1].record.reason


def test_decision_goes_stale_and_a_time_jump_clears_it(classifier: Classifier) -> None:
    bench = Bench(classifier, decision=DecisionRules(timeout_ms=200.0))
    assert bench.pipeline.decision('front').label == 'stale'
    bench.submit(plain_message('red'), age_ms=10.0)
    bench.pipeline.run_once()
    assert bench.pipeline.decision('front').label == 'red'
    bench.clock.elapsed_ns += 191 * MS
    assert bench.pipeline.decision('front').label == 'stale'
    bench.submit(plain_message('red'))
    bench.pipeline.run_once()
    bench.pipeline.forget()
    assert bench.pipeline.decision('front').label == 'stale'


def test_unknown_variant_is_refused(classifier: Classifier) -> None:
    with pytest.raises(PerceptionError, match='choose one of tiny'):
        Bench(classifier, variant='huge')


def test_variants_below_the_floor_are_not_run() -> None:
    classifier = Classifier(load_bundle(default_bundle_path()), create_runtime(), warmup_runs=1)
    best, *_, worst = classifier.bundle.manifest.variants
    assert best.accuracy is not None and worst.accuracy is not None
    with pytest.raises(PerceptionError, match='no variant reaches accuracy_floor'):
        Bench(classifier, accuracy_floor=0.999)
    bench = Bench(classifier, accuracy_floor=worst.accuracy + 0.001, second_look=True)
    bench.submit(plain_message('red', 40, 40))
    bench.pipeline.run_once()
    assert bench.results[-1].record.variant not in ('', worst.name)
    bench = Bench(classifier, second_look=True, decision=DecisionRules(0.0001))
    bench.submit(plain_message('red', 40, 40))
    bench.pipeline.run_once()
    record = bench.results[-1].record
    assert (record.variant, record.looks) == (worst.name, 1)
    bench.pipeline.set_settings(PipelineSettings(second_look=True, decision=DecisionRules(1.0)))
    bench.submit(plain_message('red', 40, 40))
    bench.pipeline.run_once()
    record = bench.results[-1].record
    assert record.variant not in ('', worst.name) and record.looks == 2
