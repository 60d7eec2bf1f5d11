# SPDX-License-Identifier: Apache-2.0
"""Which runtime serves, and why."""

from collections.abc import Mapping

import pytest

from mobilenet_perception.errors import RuntimeUnavailableError
from mobilenet_perception.inference.runtimes import RuntimeSettings, create_runtime
from mobilenet_perception.inference.runtimes.base import DEFAULT, BuildingRuntime, Session
from mobilenet_perception.inference.runtimes.choose import choose_runtime, plan_runtime
from tests.support.tiny_bundle import tiny_model


def without_tensorrt() -> str:
    """Return why TensorRT cannot run here; empty: it can."""
    try:
        create_runtime('tensorrt')
    except RuntimeUnavailableError as error:
        return str(error)
    return ''


pytestmark = pytest.mark.skipif(
    not without_tensorrt(), reason='TensorRT runs here: this is about machines without a GPU'
)


def test_auto_is_the_cpu_where_there_is_no_gpu() -> None:
    assert choose_runtime().name == 'onnxruntime'
    plan = plan_runtime('auto', DEFAULT, {'tiny': tiny_model()})
    assert (plan.now.name, plan.later) == ('onnxruntime', None)
    assert plan.notes == (f'the CPU serves: {without_tensorrt()}',)


def test_what_is_asked_for_by_name_is_not_replaced() -> None:
    with pytest.raises(RuntimeUnavailableError, match='tensorrt'):
        plan_runtime('tensorrt', DEFAULT, {})
    plan = plan_runtime('onnxruntime', RuntimeSettings(threads=2), {'tiny': tiny_model()})
    assert (plan.now.name, plan.later, plan.notes) == ('onnxruntime', None, ())


class Building:
    """A runtime that has to build: nothing of it is run here."""

    name, version = 'building', '1'

    def load(self, model: bytes, name: str) -> Session:
        raise AssertionError('it must not be loaded yet')

    def unbuilt(self, models: Mapping[str, bytes]) -> dict[str, str]:
        return {name: 'the model changed' for name in models if name != 'built'}


def test_another_serves_while_engines_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    building = Building()
    assert isinstance(building, BuildingRuntime)
    assert not isinstance(create_runtime(), BuildingRuntime)
    create = {'tensorrt': lambda *settings: building, 'onnxruntime': create_runtime}
    monkeypatch.setattr(
        'mobilenet_perception.inference.runtimes.choose.create_runtime',
        lambda name, *settings: create[name](name, *settings),
    )
    plan = plan_runtime('auto', DEFAULT, {'built': b'', 'tiny': b''})
    assert (plan.now.name, plan.later) == ('onnxruntime', building)
    assert plan.notes == ('the engine of tiny must be built: the model changed',)
    assert plan_runtime('auto', DEFAULT, {'built': b''}).now is building
