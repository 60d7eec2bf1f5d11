# SPDX-License-Identifier: Apache-2.0
"""The node serves while engines are built elsewhere, and goes on serving when that fails."""

import threading
import time
from pathlib import Path

import pytest

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.inference.classifier import Classifier
from mobilenet_perception.inference.runtimes import create_runtime
from mobilenet_perception.pipeline.parameters import CameraSettings
from mobilenet_perception.pipeline.pipeline import Pipeline
from mobilenet_perception.pipeline.result import Result
from mobilenet_perception.pipeline.runtime_switch import BuildOrder, RuntimeSwitch
from mobilenet_perception.pipeline.timing import Outcome
from tests.support.image_messages import plain_message
from tests.support.tiny_bundle import write_tiny_bundle


class Bench:
    """A pipeline that serves, another classifier to take over, and how that ended."""

    def __init__(self, folder: Path) -> None:
        self.bundle = write_tiny_bundle(folder / 'tiny')
        self.results: list[Result] = []
        self.pipeline = Pipeline(
            self.classifier(), {'front': CameraSettings(1e4)}, self.results.append
        )
        self.ended = threading.Event()
        self.end: Classifier | str = ''

    def classifier(self) -> Classifier:
        return Classifier(self.bundle, create_runtime(), warmup_runs=1)

    def serves(self) -> bool:
        self.pipeline.submit('front', plain_message('red'), time.time_ns())
        self.pipeline.run_once()
        return self.results[-1].record.outcome is Outcome.ON_TIME

    def on_end(self, end: Classifier | str) -> None:
        self.end = end
        self.ended.set()


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_what_was_built_takes_over(bench: Bench) -> None:
    # Any command that takes its time and ends well.
    order = BuildOrder(['check', str(bench.bundle.folder)], 60.0, bench.classifier)
    first = bench.pipeline._classifier
    runtime_switch = RuntimeSwitch(bench.pipeline, order, bench.on_end)
    assert 'engines are being built' in runtime_switch.trouble
    assert 'serving on onnxruntime meanwhile' in runtime_switch.trouble
    assert bench.serves()
    assert bench.ended.wait(60)
    assert bench.pipeline._classifier is bench.end is not first
    assert runtime_switch.trouble == ''
    assert bench.serves()


def test_a_failed_build_is_said_and_the_first_goes_on(bench: Bench, tmp_path: Path) -> None:
    order = BuildOrder(['check', str(tmp_path / 'nothing')], 60.0, bench.classifier)
    runtime_switch = RuntimeSwitch(bench.pipeline, order, bench.on_end)
    assert bench.ended.wait(60)
    assert 'engines are not in use' in runtime_switch.trouble
    assert 'is not a model bundle' in runtime_switch.trouble
    assert isinstance(bench.end, str) and bench.serves()


@pytest.mark.parametrize(
    ('error', 'words'),
    [
        (PerceptionError('the GPU is out of memory'), 'the GPU is out of memory'),
        (MemoryError('a gigabyte'), 'MemoryError: a gigabyte'),
    ],
)
def test_what_cannot_be_loaded_does_not_take_over(
    bench: Bench, error: Exception, words: str
) -> None:
    def load() -> Classifier:
        raise error

    order = BuildOrder(['--version'], 60.0, load)
    runtime_switch = RuntimeSwitch(bench.pipeline, order, bench.on_end)
    assert bench.ended.wait(60)
    assert runtime_switch.trouble == f'engines are not in use: {words}'
    assert bench.serves()


def test_a_build_has_a_time_limit(bench: Bench) -> None:
    folder = str(bench.bundle.folder)
    order = BuildOrder(['benchmark', folder, '--no-ros'], 0.1, bench.classifier)
    runtime_switch = RuntimeSwitch(bench.pipeline, order, bench.on_end)
    assert bench.ended.wait(60)
    assert 'not built within 0.1 s' in runtime_switch.trouble


def test_stopping_ends_the_build_without_a_word(bench: Bench) -> None:
    folder = str(bench.bundle.folder)
    order = BuildOrder(['benchmark', folder, '--no-ros'], 60.0, bench.classifier)
    runtime_switch = RuntimeSwitch(bench.pipeline, order, bench.on_end)
    process = runtime_switch._build
    runtime_switch.stop()
    assert not process._thread.is_alive()
    assert not bench.ended.is_set() and bench.serves()
