# SPDX-License-Identifier: Apache-2.0
"""Frames with regions: matched, looked at within the budget, decided thing by thing."""

from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilenet_perception.errors import AbandonedError
from mobilenet_perception.frames import RegionOfInterest
from mobilenet_perception.inference.classifier import Classifier, Scores
from mobilenet_perception.pipeline import frame_run
from mobilenet_perception.pipeline.parameters import CameraSettings
from mobilenet_perception.pipeline.regions import EXACT, LATEST, Region, RegionRules, Regions
from mobilenet_perception.pipeline.result import Result
from mobilenet_perception.pipeline.timing import Outcome
from tests.pipeline.bench import Bench, with_classify
from tests.support.image_messages import Image
from tests.support.manual_clock import MS
from tests.support.tiny_bundle import COLOURS

PLACES = {label: RegionOfInterest(10 * number, 0, 10, 10) for number, label in enumerate(COLOURS)}


def striped() -> Image:
    """Return a picture of 30 x 10 pixels that is red, green and blue from left to right."""
    pixels = np.zeros((10, 30, 3), np.uint8)
    for label, (x, _, width, _) in PLACES.items():
        pixels[:, x : x + width] = COLOURS[label]
    return Image(10, 30, 'rgb8', 0, 90, pixels.tobytes())


class RegionBench(Bench):
    """A bench whose cameras have regions."""

    def __init__(self, classifier: Any, *cameras: str, rules: RegionRules, **rest: Any) -> None:
        super().__init__(classifier, *cameras, **rest)
        self.pipeline = type(self.pipeline)(
            classifier,
            {
                name: CameraSettings(self.pipeline.state(name).settings.latency_budget_ms,
                                     regions=rules)
                for name in cameras or ('front',)
            },
            self.results.append,
            self.pipeline.settings,
            self.clock,
        )  # fmt: skip

    def regions(self, age_ms: float = 0.0, **places: RegionOfInterest) -> None:
        self.regions_at(places, age_ms)

    def regions_at(self, places: dict[str, RegionOfInterest], age_ms: float = 0.0) -> None:
        stamp_ns = self.clock.now_ns() - round(age_ms * MS)
        found = [Region(key, place) for key, place in places.items()]
        self.pipeline.submit_regions('front', Regions(stamp_ns, found))

    def run(self) -> list[Result]:
        before = len(self.results)
        while self.pipeline.run_once():
            pass
        return self.results[before:]


def labels(result: Result) -> dict[str, str]:
    return {region.id: top[0].label for region, top in result.regions}


def decisions(result: Result) -> dict[str, str]:
    return {thing.id: thing.decision.label for thing in result.things}


@pytest.fixture(params=[EXACT, LATEST])
def bench(request: pytest.FixtureRequest, classifier: Classifier) -> RegionBench:
    return RegionBench(classifier, rules=RegionRules(match=request.param))


def test_each_region_gets_its_label_and_each_thing_its_decision(bench: RegionBench) -> None:
    bench.regions(a=PLACES['green'], b=PLACES['red'])
    bench.submit(striped())
    (result,) = bench.run()
    record = result.record
    assert record.outcome is Outcome.ON_TIME and record.reason == ''
    assert (record.regions, record.regions_classified, record.regions_left) == (2, 2, 0)
    assert labels(result) == decisions(result) == {'a': 'green', 'b': 'red'}
    assert [region.roi for region, _ in result.regions] == [PLACES['green'], PLACES['red']]
    assert result.top == () and result.decision.label == 'stale' and result.roi is None


def test_no_regions_are_an_answer_too(bench: RegionBench) -> None:
    bench.regions()
    bench.submit(striped())
    (result,) = bench.run()
    assert result.record.outcome is Outcome.ON_TIME and result.record.regions == 0
    assert result.regions == () and result.record.variant == ''


def test_regions_outside_the_image_are_left_and_said(bench: RegionBench) -> None:
    bench.regions(a=PLACES['green'], b=RegionOfInterest(600, 400, 20, 20))
    bench.submit(striped())
    (result,) = bench.run()
    assert result.record.outcome is Outcome.ON_TIME and labels(result) == {'a': 'green'}
    assert decisions(result) == {'a': 'green', 'b': 'stale'}
    assert (result.record.regions_classified, result.record.regions_left) == (1, 1)
    assert result.record.reason == (
        '1 of 2 regions lie outside the image of 30x10 pixels: are they of another image, or of '
        'another size?'
    )


def test_a_region_is_clipped_to_the_image(bench: RegionBench) -> None:
    bench.regions(a=RegionOfInterest(-50, -50, 60, 100))
    bench.submit(striped())
    (result,) = bench.run()
    assert result.regions[0].region.roi == PLACES['red'] and labels(result) == {'a': 'red'}


def test_what_the_edge_of_the_image_leaves_too_little_of_is_passed_over(
    bench: RegionBench,
) -> None:
    # 8 pixels are looked at, 7 are not, in either direction.
    bench.regions(
        narrow=RegionOfInterest(-3, 0, 10, 10),
        wide=RegionOfInterest(-2, 0, 10, 10),
        flat=RegionOfInterest(10, 3, 10, 10),
        high=RegionOfInterest(10, 2, 10, 10),
    )
    bench.submit(striped())
    (result,) = bench.run()
    assert labels(result) == {'wide': 'red', 'high': 'green'}
    record = result.record
    assert (record.regions, record.regions_classified) == (4, 2)
    assert (record.regions_left, record.regions_small) == (2, 2)
    # It is no trouble: things leave the image all the time.
    assert record.outcome is Outcome.ON_TIME and record.reason == ''


def test_a_frame_of_nothing_but_slivers_is_answered(bench: RegionBench) -> None:
    bench.regions(a=RegionOfInterest(29, 0, 10, 10))
    bench.submit(striped())
    (result,) = bench.run()
    assert result.record.outcome is Outcome.ON_TIME and result.record.regions_small == 1
    assert result.regions == () and result.record.looks == 0


def test_a_malformed_frame_is_rejected(bench: RegionBench) -> None:
    bench.regions(a=PLACES['red'])
    message = striped()
    message.data = message.data[:-1]
    bench.submit(message)
    (result,) = bench.run()
    assert result.record.outcome is Outcome.REJECTED and 'bytes' in result.record.reason
    assert decisions(result) == {'': 'stale', 'a': 'stale'}


def test_exact_waits_for_the_regions_of_its_stamp(classifier: Classifier) -> None:
    bench = RegionBench(classifier, rules=RegionRules(match=EXACT))
    bench.submit(striped())
    bench.clock.elapsed_ns += 33 * MS
    bench.submit(striped())
    assert not bench.run()
    bench.regions(age_ms=33.0, a=PLACES['blue'])
    (result,) = bench.run()
    assert result.record.sequence == 1 and labels(result) == {'a': 'blue'}
    assert result.record.age_ms == 33.0


def test_exact_gives_up_when_there_is_no_longer_time(classifier: Classifier) -> None:
    bench = RegionBench(classifier, rules=RegionRules(match=EXACT), latency_budget_ms=50.0)
    bench.regions(age_ms=100.0, a=PLACES['blue'])
    bench.submit(striped())
    bench.clock.elapsed_ns += 50 * MS
    (result,) = bench.run()
    assert result.record.outcome is Outcome.EXPIRED
    assert result.record.reason == 'no regions of its stamp came in time'


def test_regions_of_a_newer_frame_supersede_those_that_wait(classifier: Classifier) -> None:
    bench = RegionBench(classifier, rules=RegionRules(match=EXACT), latency_budget_ms=500.0)
    for _ in range(3):
        bench.submit(striped())
        bench.clock.elapsed_ns += 33 * MS
    bench.regions(age_ms=66.0, a=PLACES['red'])
    bench.run()
    assert [(r.record.sequence, str(r.record.outcome)) for r in bench.results] == [
        (1, 'superseded'), (2, 'on_time'),
    ]  # fmt: skip
    assert bench.pipeline.counts('front').in_flight == 1
    assert bench.pipeline.stop()
    assert bench.results[-1].record.outcome is Outcome.EXPIRED


def test_regions_that_come_after_those_of_a_newer_frame(classifier: Classifier) -> None:
    bench = RegionBench(classifier, rules=RegionRules(match=EXACT), latency_budget_ms=500.0)
    for _ in range(2):
        bench.submit(striped())
        bench.clock.elapsed_ns += 33 * MS
    bench.regions(age_ms=33.0, a=PLACES['red'])
    bench.regions(age_ms=66.0, a=PLACES['green'])
    (*_, last) = bench.run()
    assert last.record.sequence == 2 and labels(last) == {'a': 'red'}
    assert bench.outcomes == ['superseded', 'on_time']


def test_latest_takes_no_regions_that_are_too_old(classifier: Classifier) -> None:
    bench = RegionBench(classifier, rules=RegionRules(match=LATEST, max_age_ms=200.0))
    bench.regions(a=PLACES['blue'])
    bench.clock.elapsed_ns += 200 * MS
    bench.submit(striped())
    (fresh,) = bench.run()
    bench.clock.elapsed_ns += 40 * MS
    bench.submit(striped())
    (old,) = bench.run()
    assert labels(fresh) == {'a': 'blue'}
    assert old.record.outcome is Outcome.EXPIRED
    assert old.record.reason == 'the nearest regions are 240 ms from its stamp'


def test_frames_without_any_regions_expire(classifier: Classifier) -> None:
    bench = RegionBench(classifier, rules=RegionRules(match=LATEST))
    bench.submit(striped())
    (result,) = bench.run()
    assert result.record.outcome is Outcome.EXPIRED
    assert result.record.reason == 'no regions have come'


@pytest.mark.parametrize(
    ('match', 'age_ms', 'says'),
    [
        (EXACT, 5.0, 'the last 10 frames had no regions of their stamp'),
        (EXACT, 1e8, 'of another clock'),
        (LATEST, 300.0, 'more than regions_max_age_ms (200)'),
        (LATEST, 1e8, 'of another clock'),
    ],
)
def test_trouble_with_stamps_is_said(
    classifier: Classifier, match: str, age_ms: float, says: str
) -> None:
    bench = RegionBench(classifier, rules=RegionRules(match=match))
    for _ in range(10):
        bench.regions(age_ms=age_ms, a=PLACES['red'])
        bench.submit(striped())
        bench.clock.elapsed_ns += 60 * MS
        bench.run()
    assert says in bench.pipeline.state('front').region_trouble
    bench.regions(a=PLACES['red'])
    bench.submit(striped())
    bench.run()
    assert bench.pipeline.state('front').region_trouble == ''


def test_things_that_are_no_longer_named_are_forgotten(bench: RegionBench) -> None:
    bench.regions(a=PLACES['red'], b=PLACES['blue'])
    bench.submit(striped())
    bench.run()
    bench.clock.elapsed_ns += 501 * MS
    bench.regions(b=PLACES['blue'])
    bench.submit(striped())
    (result,) = bench.run()
    assert decisions(result) == {'b': 'blue'}


def test_a_decision_goes_stale_when_its_thing_is_named_but_not_seen(bench: RegionBench) -> None:
    bench.regions(a=PLACES['red'])
    bench.submit(striped())
    bench.run()
    for _ in range(6):
        bench.clock.elapsed_ns += 100 * MS
        bench.regions(a=RegionOfInterest(900, 900, 10, 10))
        bench.submit(striped())
        (result,) = bench.run()
    assert decisions(result) == {'a': 'stale'}


def test_a_camera_that_answers_nothing_is_stale_and_not_without_things(bench: RegionBench) -> None:
    assert [thing.id for thing in bench.pipeline.things('front')] == ['']
    bench.regions()
    bench.submit(striped())
    (result,) = bench.run()
    assert result.things == ()
    bench.clock.elapsed_ns += 501 * MS
    (camera,) = bench.pipeline.things('front')
    assert (camera.id, camera.roi, camera.decision.label) == ('', None, 'stale')


def test_two_ids_that_change_places_start_anew(bench: RegionBench) -> None:
    for _ in range(10):
        bench.regions(a=PLACES['red'], b=PLACES['blue'])
        bench.submit(striped())
        (result,) = bench.run()
        bench.clock.elapsed_ns += 33 * MS
    assert decisions(result) == {'a': 'red', 'b': 'blue'}
    bench.regions(a=PLACES['blue'], b=PLACES['red'])
    bench.submit(striped())
    (result,) = bench.run()
    assert decisions(result) == {'a': 'blue', 'b': 'red'}  # not one frame of the other's label


def test_a_box_that_moves_keeps_what_is_known_of_it(bench: RegionBench) -> None:
    for shift in range(10):
        bench.regions(a=RegionOfInterest(shift // 3, 0, 10, 10))
        bench.submit(striped())
        (result,) = bench.run()
        bench.clock.elapsed_ns += 33 * MS
    assert decisions(result) == {'a': 'red'}


class Slow:
    """A classifier of which each run takes so many milliseconds of the bench's clock."""

    def __init__(self, classifier: Classifier, run_ms: float) -> None:
        self.run_ms = run_ms
        self.bench: RegionBench | None = None
        self._classifier = classifier
        self.seen: list[RegionOfInterest] = []
        self.other = with_classify(classifier, None)
        self.other.classify_batch = self._classify
        self.other.profile_ms = dict.fromkeys(classifier.variants, run_ms)
        self.other.batch_ms = {name: [run_ms] for name in classifier.variants}

    def _classify(self, frames: Any, variant: str, abandon_after_ms: float) -> list[Scores]:
        assert self.bench is not None and len(frames) == 1
        spent_ms = min(self.run_ms, abandon_after_ms)
        self.bench.clock.elapsed_ns += round(spent_ms * MS)
        if spent_ms < self.run_ms:
            raise AbandonedError(variant, spent_ms)
        self.seen += [roi for _, roi in frames]
        found = self._classifier.classify_batch(frames, variant)
        return [scores._replace(preprocess_ms=0.0, inference_ms=self.run_ms) for scores in found]


def slow_bench(
    classifier: Classifier, run_ms: float, budget_ms: float = 50.0, **rules: Any
) -> tuple[RegionBench, Slow]:
    slow = Slow(classifier, run_ms)
    bench = RegionBench(slow.other, rules=RegionRules(**rules), latency_budget_ms=budget_ms)
    slow.bench = bench
    return bench, slow


def places(count: int) -> dict[str, RegionOfInterest]:
    return {f't{number}': RegionOfInterest(number, 0, 10, 10) for number in range(count)}


def test_as_many_regions_as_fit_and_none_late(classifier: Classifier) -> None:
    bench, _ = slow_bench(classifier, run_ms=10.0)
    bench.regions_at(places(8))
    bench.submit(striped())
    (result,) = bench.run()
    record = result.record
    assert record.outcome is Outcome.ON_TIME and record.age_ms is not None
    assert record.age_ms <= 50.0
    assert record.regions == 8 and 3 <= (record.regions_classified or 0) <= 5
    assert record.regions_left == 8 - (record.regions_classified or 0)
    assert len(decisions(result)) == 8


def test_the_largest_go_first_among_those_that_wait_alike(classifier: Classifier) -> None:
    bench, slow = slow_bench(classifier, run_ms=40.0)
    large = RegionOfInterest(10, 0, 20, 10)
    bench.regions(a=PLACES['red'], b=large, c=PLACES['blue'])
    bench.submit(striped())
    bench.run()
    assert slow.seen == [large]


def test_no_region_starves(classifier: Classifier) -> None:
    bench, _ = slow_bench(classifier, run_ms=10.0)
    answered = dict.fromkeys(places(12), 0)
    frames = 120
    for _ in range(frames):
        bench.regions_at(places(12))
        bench.submit(striped())
        for result in bench.run():
            for name in labels(result):
                answered[name] += 1
        bench.clock.elapsed_ns += 33 * MS
    assert min(answered.values()) >= 0.9 * sum(answered.values()) / len(answered)


def test_no_more_than_the_most_are_looked_at(classifier: Classifier) -> None:
    bench, _ = slow_bench(classifier, run_ms=0.1, most=4)
    bench.regions_at(places(9))
    bench.submit(striped())
    (result,) = bench.run()
    record = result.record
    assert (record.regions, record.regions_classified, record.regions_left) == (9, 4, 5)


def test_a_run_that_overruns_is_abandoned_and_what_is_there_is_published(
    classifier: Classifier,
) -> None:
    bench, slow = slow_bench(classifier, run_ms=10.0)
    bench.regions_at(places(3))
    bench.submit(striped())

    def slower_from_the_second_on(frames: Any, variant: str, after_ms: float) -> list[Scores]:
        found = slow._classify(frames, variant, after_ms)
        slow.run_ms = 1000.0
        return found

    slow.other.classify_batch = slower_from_the_second_on
    (result,) = bench.run()
    record = result.record
    assert record.outcome is Outcome.ON_TIME and (record.age_ms or 99.0) <= 50.0
    assert (record.regions_classified, record.regions_left) == (1, 2)
    assert 'was abandoned after' in record.reason


def test_whatever_a_runtime_raises_is_an_outcome(classifier: Classifier) -> None:
    bench, slow = slow_bench(classifier, run_ms=1.0)

    def broken(*_: Any) -> list[Scores]:
        raise RuntimeError('no device')

    slow.other.classify_batch = broken
    bench.regions(a=PLACES['red'])
    bench.submit(striped())
    (result,) = bench.run()
    assert result.record.outcome is Outcome.FAILED
    assert result.record.reason == 'tiny: RuntimeError: no device'


@settings(max_examples=60)
@given(st.data())
def test_every_frame_and_region_is_accounted_for(classifier: Classifier, data: Any) -> None:
    """At random: frames, regions before, after and never, of stamps that match or not."""
    match = data.draw(st.sampled_from([EXACT, LATEST]))
    bench, _ = slow_bench(
        classifier, run_ms=data.draw(st.sampled_from([0.5, 10.0, 70.0])), match=match
    )
    sent = 0
    for _ in range(data.draw(st.integers(1, 30))):
        what = data.draw(st.sampled_from(['frame', 'regions', 'both', 'run', 'wait']))
        if what in ('regions', 'both'):
            age_ms = data.draw(st.sampled_from([0.0, 0.0, 33.0, 1000.0]))
            bench.regions_at(places(data.draw(st.integers(0, 16))), age_ms)
        if what in ('frame', 'both'):
            bench.submit(striped())
            sent += 1
        if what == 'run':
            bench.run()
        if what == 'wait':
            bench.clock.elapsed_ns += data.draw(st.integers(1, 60)) * MS
    bench.run()
    bench.pipeline.stop()
    assert [r.record.sequence for r in sorted(bench.results, key=lambda r: r.record.sequence)] == [
        *range(1, sent + 1)
    ]
    counts = bench.pipeline.counts('front')
    assert counts.in_flight == 0 and counts.received == sent
    for result in bench.results:
        record = result.record
        if record.regions is not None:
            assert record.regions == (record.regions_classified or 0) + (record.regions_left or 0)
            assert len(result.regions) == record.regions_classified
        if record.outcome is Outcome.ON_TIME:
            assert record.age_ms is not None and record.age_ms <= 50.0


@pytest.mark.parametrize('match', [EXACT, LATEST])
def test_a_sliver_at_the_edge_of_a_reduced_jpeg_spoils_no_other_region(
    match: str, classifier: Classifier
) -> None:
    """Decoded at half its size, the last column of the camera is half a pixel."""
    bench = RegionBench(classifier, rules=RegionRules(match=match, min_pixels=1))
    pixels = np.full((480, 640, 3), COLOURS['green'][::-1], np.uint8)
    _, data = cv2.imencode('.jpg', pixels)
    message = SimpleNamespace(
        format='jpeg', data=data.tobytes(), header=SimpleNamespace(frame_id='camera')
    )
    bench.regions(a=RegionOfInterest(639, 0, 40, 40), b=RegionOfInterest(100, 100, 40, 40))
    bench.submit(message)
    (result,) = bench.run()
    assert result.record.outcome is Outcome.ON_TIME and result.record.reason == ''
    assert labels(result) == {'a': 'green', 'b': 'green'}


def test_whatever_decoding_raises_is_an_outcome(
    bench: RegionBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise MemoryError('no room')

    monkeypatch.setattr(frame_run, 'decode', broken)
    bench.regions(a=PLACES['red'])
    bench.submit(striped())
    (result,) = bench.run()
    assert result.record.outcome is Outcome.FAILED
    assert result.record.reason == 'tiny: MemoryError: no room'
