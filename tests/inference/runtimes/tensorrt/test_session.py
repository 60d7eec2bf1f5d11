# SPDX-License-Identifier: Apache-2.0
"""Engines on a real GPU, where there is one with TensorRT; elsewhere all of this is skipped."""

import threading
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from mobilenet_perception.errors import PerceptionError, RuntimeUnavailableError
from mobilenet_perception.inference.bundle import (
    check_golden_frames,
    default_bundle_path,
    load_bundle,
)
from mobilenet_perception.inference.runtimes import RuntimeSettings, create_runtime
from mobilenet_perception.inference.runtimes.tensorrt import TensorRtRuntime
from mobilenet_perception.system.cuda import load_cuda
from tests.inference.runtimes.tensorrt.graphs import scoring


def why_not() -> str:
    try:
        create_runtime('tensorrt')
    except RuntimeUnavailableError as error:
        return str(error)
    return ''


pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not())


@pytest.fixture
def settings(tmp_path: Path) -> RuntimeSettings:
    return RuntimeSettings(engines=tmp_path / 'engines', largest_batch=3)


def test_the_default_bundle_proves_itself(settings: RuntimeSettings) -> None:
    said: list[str] = []
    bundle = load_bundle(default_bundle_path())
    proven = check_golden_frames(bundle, create_runtime('tensorrt', settings, said.append))
    assert {session.largest_batch for session in proven.sessions.values()} == {3}
    assert any('building its engine' in words for words in said)
    said.clear()
    check_golden_frames(bundle, create_runtime('tensorrt', settings, said.append))
    assert said == []


@pytest.mark.parametrize('cuda_graph', [True, False])
def test_one_thread_loads_and_another_runs(settings: RuntimeSettings, cuda_graph: bool) -> None:
    model = scoring()
    chosen = settings._replace(cuda_graph=cuda_graph)
    session = TensorRtRuntime(chosen, print).load_engine(model, 'tiny')
    assert bool(session.without_graph) == (not cuda_graph)
    images = np.random.default_rng(0).integers(0, 255, (3, 8, 8, 3), np.uint8)
    found: list[npt.NDArray[np.float32]] = []
    worker = threading.Thread(target=lambda: found.append(session.run_batch(images)))
    worker.start()
    worker.join()
    expected = create_runtime().load(model, 'tiny').run_batch(images)
    assert np.abs(found[0] - expected).max() < 1e-4
    assert np.abs(session.run(images[1]) - expected[1]).max() < 1e-4
    with pytest.raises(PerceptionError, match='cannot score 4 images at once'):
        session.run_batch(np.zeros((4, 8, 8, 3), np.uint8))


def test_a_closed_session_gives_its_memory_back(settings: RuntimeSettings) -> None:
    runtime = TensorRtRuntime(settings, print)
    runtime.load_engine(scoring(), 'tiny').close()
    before = load_cuda().free_bytes()
    for _ in range(20):
        session = runtime.load_engine(scoring(), 'tiny')
        session.close()
        session.close()
    assert load_cuda().free_bytes() >= before - 8 * 2**20
    with pytest.raises(PerceptionError, match='was closed'):
        session.run(np.zeros((8, 8, 3), np.uint8))
