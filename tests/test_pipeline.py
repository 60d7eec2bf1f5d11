# SPDX-License-Identifier: Apache-2.0
"""Every frame ends in exactly one outcome, and what is published is on time."""

import math
import random
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mobilenet_perception.bundle import default_bundle_path, load_bundle
from mobilenet_perception.camera import CameraSettings
from mobilenet_perception.classifier import Classifier
from mobilenet_perception.decision import DecisionRules
from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames import RegionOfInterest
from mobilenet_perception.health import runtime_health
from mobilenet_perception.pipeline import Pipeline, Result
from mobilenet_perception.pipeline_settings import PipelineSettings
from mobilenet_perception.runtimes import create_runtime
from mobilenet_perception.timing import Outcome
from tests.image_messages import plain_message
from tests.tiny_bundle import write_tiny_bundle

MS = 1_000_000
START_NS = 1_700_000_000_000_000_000


class ManualClock:
    """Time that a test moves; both clocks go together."""

    def __init__(self) -> None:
        self.elapsed_ns = 0

    def steady_ns(self) -> int:
        return self.elapsed_ns

    def now_ns(self) -> int:
        return START_NS + self.elapsed_ns


class Bench:
    """A pipeline of one or more cameras, its clock, and what came out."""

    def __init__(self, classifier: Classifier, *cameras: str, **settings: Any) -> None:
        self.clock = ManualClock()
        self.results: list[Result] = []
        budget_ms = settings.pop('latency_budget_ms', 50.0)
        self.pipeline = Pipeline(
            classifier,
            {name: CameraSettings(budget_ms) for name in cameras or ('front',)},
            self.results.append,
            PipelineSettings(**settings),
            self.clock,
        )

    def submit(self, message: Any, name: str = 'front', age_ms: float = 0.0) -> None:
        self.pipeline.submit(name, message, self.clock.now_ns() - round(age_ms * MS))

    @property
    def outcomes(self) -> list[str]:
        return [str(result.record.outcome) for result in self.results]


@pytest.fixture(scope='module')
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    bundle = write_tiny_bundle(tmp_path_factory.mktemp('bundles') / 'tiny')
    return Classifier(bundle, create_runtime(), warmup_runs=1)


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

    bench.pipeline._classifier = _with(classifier, slowly)
    bench.submit(message)
    bench.pipeline.run_once()
    assert bench.outcomes == ['late']
    assert 'after the budget' in bench.results[0].record.reason
    assert bench.results[0].decision.label == 'stale'


def _with(classifier: Classifier, classify: Any) -> Any:
    class Other:
        labels, variants, variant = classifier.labels, classifier.variants, classifier.variant
        runtime = classifier.runtime

    Other.classify = staticmethod(classify)  # type: ignore[attr-defined]
    return Other()


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

    bench.pipeline._classifier = _with(classifier, explode)
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


def test_another_classifier_takes_over_when_the_frame_being_run_has_ended(
    classifier: Classifier, tmp_path: Path
) -> None:
    bench = Bench(classifier)
    entered, released, exchanged = threading.Event(), threading.Event(), threading.Event()

    def wait(*arguments: Any, **keywords: Any) -> Any:
        entered.set()
        released.wait(30)
        return classifier.classify(*arguments, **keywords)

    bench.pipeline._classifier = _with(classifier, wait)
    bench.pipeline.start()
    bench.submit(plain_message('red'))
    assert entered.wait(30)
    slow = Classifier(write_tiny_bundle(tmp_path / 'slow', 64), create_runtime(), warmup_runs=1)

    def exchange() -> None:
        bench.pipeline.set_classifier(slow)
        exchanged.set()

    thread = threading.Thread(target=exchange)
    thread.start()
    assert not exchanged.wait(0.05)
    released.set()
    thread.join(30)
    bench.pipeline.stop()
    assert bench.pipeline._classifier is slow
    bench.submit(plain_message('red'))
    bench.pipeline.run_once()
    assert bench.outcomes == ['on_time', 'on_time']


def test_a_classifier_that_does_not_fit_is_refused(classifier: Classifier) -> None:
    bench = Bench(classifier)
    with pytest.raises(PerceptionError, match='cannot change its labels'):
        other = Classifier(load_bundle(default_bundle_path()), create_runtime(), warmup_runs=1)
        bench.pipeline.set_classifier(other)
    bench.pipeline.set_settings(PipelineSettings(variant='tiny'))
    renamed = _with(classifier, classifier.classify)
    renamed.variant = Classifier.variant.__get__(other)
    with pytest.raises(PerceptionError, match="no variant 'tiny'"):
        bench.pipeline.set_classifier(renamed)
    bench.submit(plain_message('red'))
    bench.pipeline.run_once()
    assert bench.outcomes == ['on_time']


def test_stopping_ends_the_waiting_frame(classifier: Classifier) -> None:
    bench = Bench(classifier)
    bench.submit(plain_message('red'))
    assert bench.pipeline.stop()
    assert bench.outcomes == ['expired']
    assert 'deactivated' in bench.results[0].record.reason


def test_hung_runtime_is_said_and_does_not_block_the_end(classifier: Classifier) -> None:
    bench = Bench(classifier)
    entered, released = threading.Event(), threading.Event()

    def hang(*arguments: Any, **keywords: Any) -> Any:
        entered.set()
        released.wait(30)
        raise RuntimeError('released')

    bench.pipeline._classifier = _with(classifier, hang)
    bench.pipeline.start()
    bench.submit(plain_message('red'))
    assert entered.wait(30)
    bench.clock.elapsed_ns += 3000 * MS
    (trouble,) = runtime_health(bench.pipeline, watchdog_ms=2000.0).troubles
    assert 'busy with one frame for 3.0 s' in trouble
    assert bench.pipeline.decision('front').label == 'stale'
    bench.submit(plain_message('red'))
    assert not bench.pipeline.stop(timeout_s=0.05)
    released.set()
    assert bench.pipeline.stop()
    assert bench.outcomes == ['expired', 'failed']
    assert runtime_health(bench.pipeline, watchdog_ms=2000.0).troubles == []


def test_accounting_with_threads_starts_and_stops(tmp_path: Path) -> None:
    """Three cameras from three threads, bad frames, changes and restarts: nothing is lost."""
    bundle = write_tiny_bundle(tmp_path / 'tiny', work=128)
    results: list[Result] = []
    names = ('a', 'b', 'c')
    pipeline = Pipeline(
        Classifier(load_bundle(bundle.folder), create_runtime(), warmup_runs=1),
        {name: CameraSettings(50.0) for name in names},
        results.append,
    )
    broken = plain_message('red')
    broken.encoding = 'nonsense'
    others = [pipeline._classifier, Classifier(bundle, create_runtime(), warmup_runs=1)]
    done = threading.Event()

    def feed(name: str) -> None:
        chance = random.Random(name)
        for _ in range(2000):
            message = broken if chance.random() < 0.2 else plain_message('green')
            pipeline.submit(name, message, pipeline._clock.now_ns())

    def watch() -> None:
        while not done.is_set():
            for name in names:
                assert 0 <= pipeline.counts(name).in_flight <= 2

    feeders = [threading.Thread(target=feed, args=(name,)) for name in names]
    watcher = threading.Thread(target=watch)
    pipeline.start()
    for thread in (*feeders, watcher):
        thread.start()
    for number in range(20):
        pipeline.stop()
        pipeline.set_camera('a', CameraSettings(50.0 if number % 2 else 0.001))
        pipeline.start()
        pipeline.set_classifier(others[number % 2])
    for thread in feeders:
        thread.join()
    assert pipeline.stop()
    done.set()
    watcher.join()
    seen = Counter((r.record.camera, r.record.outcome) for r in results)
    for name in names:
        counts = pipeline.counts(name)
        assert counts.received == 2000 and counts.in_flight == 0
        assert counts.by_outcome == {o: seen[name, o] for o in Outcome}
        sequences = sorted(r.record.sequence for r in results if r.record.camera == name)
        assert sequences == list(range(1, 2001))
