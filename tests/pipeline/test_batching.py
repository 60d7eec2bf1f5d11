# SPDX-License-Identifier: Apache-2.0
"""Several cameras' frames in one run: when it pays, and as right as each alone."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from mobilenet_perception.frames.messages import image_message
from mobilenet_perception.inference.bundle import default_bundle_path, load_bundle
from mobilenet_perception.inference.classifier import Classifier
from mobilenet_perception.inference.runtimes import create_runtime
from mobilenet_perception.pipeline.budget import Budget
from mobilenet_perception.pipeline.frame_run import Batch, Task, plan_batch
from mobilenet_perception.pipeline.parameters import CameraSettings
from mobilenet_perception.pipeline.pipeline import Pipeline
from mobilenet_perception.pipeline.result import Result
from mobilenet_perception.pipeline.timing import Outcome
from tests.support.image_messages import plain_message
from tests.support.tiny_bundle import write_tiny_bundle

PROFILE = {'large': 10.0, 'small': 2.0}
# Together large ones take as long as one after the other; small ones half of it.
TOGETHER = {'large': [10.0, 20.0, 30.0], 'small': [2.0, 2.2, 3.0]}


def budget(slowdown: float = 1.0) -> Budget:
    found = Budget(PROFILE, batch_ms=TOGETHER)
    for _ in range(200):
        found.record_run('large', 10.0 * slowdown)
        found.record_overhead(0.1)
    return found


def tasks(*left_ms: float, current: str = '') -> list[Task]:
    message = plain_message('red')
    return [Task(message, None, tuple(PROFILE), current, left) for left in left_ms]


@pytest.mark.parametrize(
    ('left_ms', 'expected'),
    [
        ([5.0], Batch(1)),
        ([5.0, 5.0], Batch(2, 'small')),
        ([5.0, 5.0, 5.0], Batch(3, 'small')),
        ([5.0, 5.0, 5.0, 5.0], Batch(3, 'small')),
        # Three at once would be too late for the second.
        ([5.0, 3.0, 5.0], Batch(2, 'small')),
        # Where each has time for the better variant, and that is no faster at once.
        ([100.0, 100.0], Batch(1)),
        ([5.0, 100.0], Batch(1)),
        ([0.5, 5.0], Batch(1)),
    ],
)
def test_together_if_it_is_faster_and_in_time_for_all(
    left_ms: list[float], expected: Batch
) -> None:
    assert plan_batch(tasks(*left_ms), budget()) == expected


def test_a_slowdown_holds_for_batches_too() -> None:
    assert plan_batch(tasks(5.0, 5.0, 5.0), budget(slowdown=2.0)) == Batch(2, 'small')


class Cameras:
    """The default bundle behind three cameras; what came of their frames."""

    def __init__(self, **settings: Any) -> None:
        self.bundle = load_bundle(default_bundle_path())
        self.classifier = Classifier(self.bundle, create_runtime(), 2, largest_batch=3)
        # As if it paid, whatever this machine says today.
        for times in self.classifier.batch_ms.values():
            times[:] = [times[0], 1.1 * times[0], 1.2 * times[0]]
        self.results: list[Result] = []
        cameras = {name: CameraSettings(5_000.0) for name in ('left', 'front', 'right')}
        self.pipeline = Pipeline(self.classifier, cameras, self.results.append)

    def submit(self, *images: npt.NDArray[np.uint8]) -> None:
        for name, image in zip(('left', 'front', 'right'), images, strict=False):
            self.pipeline.submit(name, image_message(image, 0, name), time.time_ns())


def test_answers_are_those_of_each_frame_alone() -> None:
    cameras = Cameras()
    images = list(cameras.bundle.golden_images.values())[:3]
    cameras.submit(*images)
    assert cameras.pipeline.run_once()
    assert not cameras.pipeline.run_once()
    assert [r.record.camera for r in cameras.results] == ['left', 'front', 'right']
    assert {r.record.batch for r in cameras.results} == {3}
    for result, golden in zip(cameras.results, cameras.bundle.manifest.golden, strict=False):
        expected = max(golden.scores[result.record.variant])
        assert result.record.outcome is Outcome.ON_TIME
        assert result.top[0].label == golden.label
        assert result.top[0].score == pytest.approx(expected, abs=1e-3)
    counts = [cameras.pipeline.counts(name) for name in ('left', 'front', 'right')]
    assert [(one.received, one.in_flight) for one in counts] == [(1, 0)] * 3


def test_a_malformed_frame_spoils_only_itself() -> None:
    cameras = Cameras()
    images = list(cameras.bundle.golden_images.values())[:3]
    cameras.submit(images[0])
    broken = plain_message('red')
    broken.encoding = 'nonsense'
    cameras.pipeline.submit('front', broken, time.time_ns())
    cameras.pipeline.submit('right', image_message(images[2], 0, 'right'), time.time_ns())
    while cameras.pipeline.run_once():
        pass
    outcomes = {r.record.camera: r.record.outcome for r in cameras.results}
    assert outcomes == {
        'left': Outcome.ON_TIME,
        'front': Outcome.REJECTED,
        'right': Outcome.ON_TIME,
    }


def test_models_of_one_image_run_one_after_the_other(tmp_path: Path) -> None:
    bundle = write_tiny_bundle(tmp_path / 'tiny')
    classifier = Classifier(bundle, create_runtime(), 1, largest_batch=4)
    assert [len(times) for times in classifier.batch_ms.values()] == [1]
