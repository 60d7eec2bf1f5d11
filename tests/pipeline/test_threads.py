# SPDX-License-Identifier: Apache-2.0
"""Starts, stops, exchanges and hangs lose no frame."""

import random
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.inference.bundle import default_bundle_path, load_bundle
from mobilenet_perception.inference.classifier import Classifier
from mobilenet_perception.inference.runtimes import create_runtime
from mobilenet_perception.pipeline.health import runtime_health
from mobilenet_perception.pipeline.parameters import CameraSettings, PipelineSettings
from mobilenet_perception.pipeline.pipeline import Pipeline
from mobilenet_perception.pipeline.result import Result
from mobilenet_perception.pipeline.timing import Outcome
from tests.pipeline.bench import Bench, with_classify
from tests.support.image_messages import plain_message
from tests.support.manual_clock import MS
from tests.support.tiny_bundle import write_tiny_bundle


def test_another_classifier_takes_over_when_the_frame_being_run_has_ended(
    classifier: Classifier, tmp_path: Path
) -> None:
    bench = Bench(classifier)
    entered, released, exchanged = threading.Event(), threading.Event(), threading.Event()

    def wait(*arguments: Any, **keywords: Any) -> Any:
        entered.set()
        released.wait(30)
        return classifier.classify(*arguments, **keywords)

    bench.pipeline._classifier = with_classify(classifier, wait)
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
    renamed = with_classify(classifier, classifier.classify)
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

    bench.pipeline._classifier = with_classify(classifier, hang)
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
