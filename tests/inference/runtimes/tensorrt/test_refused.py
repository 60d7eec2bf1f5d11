# SPDX-License-Identifier: Apache-2.0
"""An engine that TensorRT refuses although it is what was built: it is built once more."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mobilenet_perception.inference.runtimes import RuntimeSettings
from mobilenet_perception.inference.runtimes.tensorrt import TensorRtRuntime, runtime
from mobilenet_perception.inference.runtimes.tensorrt.engine import RefusedEngineError
from tests.inference.engines.builds import KEY, builder

LOG = SimpleNamespace(reason=lambda: 'magic tag does not match')
LIBRARY: Any = SimpleNamespace(name='tensorrt', version='10.3.0', log=LOG, only_compiles=False)


@pytest.fixture
def refusals(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many engines are refused from now on, and how many were built."""
    left = [0, 0]

    def session(library: object, cuda: object, plan: bytes, *others: object) -> bytes:
        left[0] -= 1
        if left[0] >= 0:
            raise RefusedEngineError(LIBRARY, 'the engine of tiny')
        return plan

    def build(*arguments: object) -> object:
        left[1] += 1
        return builder(KEY)(b'')

    monkeypatch.setattr(runtime, 'load_library', lambda name: LIBRARY)
    monkeypatch.setattr(runtime, 'load_cuda', lambda: SimpleNamespace(gpu=lambda device: None))
    monkeypatch.setattr(runtime, 'engine_key', lambda model, settings: KEY)
    monkeypatch.setattr(runtime, 'build_engine', build)
    monkeypatch.setattr(runtime, 'TensorRtSession', session)
    return left


def test_a_cached_engine_that_is_refused_is_built_again(
    refusals: list[int], tmp_path: Path
) -> None:
    told: list[str] = []
    settings = RuntimeSettings(engines=tmp_path)
    TensorRtRuntime(settings, told.append).load(b'model', 'tiny')
    refusals[:] = [1, 0]
    TensorRtRuntime(settings, told.append).load(b'model', 'tiny')
    assert refusals[1] == 1
    assert told[1:] == [
        'tiny: building its engine (tensorrt 10.3.0 refuses the engine of tiny (magic tag does '
        'not match))'
    ]
    TensorRtRuntime(settings, told.append).load(b'model', 'tiny')
    assert refusals[1] == 1


def test_one_that_was_built_just_now_is_not(refusals: list[int], tmp_path: Path) -> None:
    refusals[0] = 9
    with pytest.raises(RefusedEngineError, match='refuses the engine of tiny'):
        TensorRtRuntime(RuntimeSettings(engines=tmp_path), print).load(b'model', 'tiny')
    assert refusals == [8, 1]
    # One from the cache is built again once, and no more.
    with pytest.raises(RefusedEngineError):
        TensorRtRuntime(RuntimeSettings(engines=tmp_path), print).load(b'model', 'tiny')
    assert refusals == [6, 2]
