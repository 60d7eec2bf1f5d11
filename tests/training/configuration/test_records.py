# SPDX-License-Identifier: Apache-2.0
"""Records as JSON: what was written once is read for ever; what is wrong is said in a sentence."""

import json
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from training.configuration import Configuration, Network, Stage
from training.configuration.records import Record, from_json, json_text, to_json, with_field
from training.errors import TrainingError

CONFIGURATION = Configuration(
    'tiny', (Stage(1, 16, 16, mixture={'lights': 3.0}), Stage(2, 24, 32, learning_rate=0.01))
)
# As the first version wrote it.
WRITTEN = """\
{
 "name": "tiny",
 "stages": [
  {
   "epochs": 1,
   "height": 16,
   "width": 16,
   "train": "all",
   "learning_rate": null,
   "mixture": {
    "lights": 3.0
   }
  },
  {
   "epochs": 2,
   "height": 24,
   "width": 32,
   "train": "all",
   "learning_rate": 0.01,
   "mixture": {}
  }
 ],
 "task": "classification",
"""


class Figures(Record):
    """A record as those of an evaluation are."""

    by_rank: dict[int, float]
    curve: tuple[tuple[float, ...], ...] = ()
    best: Stage | None = None


def test_a_configuration_is_written_as_it_ever_was_and_read_back() -> None:
    text = json_text(CONFIGURATION)
    assert text.startswith(WRITTEN)
    assert text.endswith('"distribute": ""\n }\n}\n')
    assert from_json(Configuration, json.loads(text), 'it') == CONFIGURATION


def test_whatever_holds_records_becomes_json_fields_by_name() -> None:
    found = Figures({1: 0.5, 3: np.float64(0.75)}, ((0.0, 1.0),), Stage(1, 8, 8))
    values = json.loads(json_text({'test': found, 'all': [found]}))
    assert values['test'] == values['all'][0]
    assert values['test']['by_rank'] == {'1': 0.5, '3': 0.75}
    assert values['test']['best']['epochs'] == 1
    assert to_json(MappingProxyType({'a': 1})) == {'a': 1}
    with pytest.raises(TypeError, match='no value of JSON'):
        to_json({'a': object()})


@pytest.mark.parametrize(
    ('change', 'sentence'),
    [
        ({'seeds': 1}, "^it has an unknown field 'seeds'$"),
        ({'name': None}, r'^it\.name must be a word$'),
        ({'batch_size': 1.5}, r'^it\.batch_size must be a whole number$'),
        ({'stages': [{'epochs': 1, 'height': 8}]}, r"^it\.stages\[0\] lacks the field 'width'$"),
        ({'stages': 3}, r'^it\.stages must be a list$'),
        ({'network': {'alpha': '1'}}, r'^it\.network\.alpha must be a number$'),
        ({'loss': {'class_weights': 1}}, r'^it\.loss\.class_weights must be true or false$'),
    ],
)
def test_a_wrong_field_is_named_with_what_is_allowed(
    change: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(TrainingError, match=sentence):
        from_json(Configuration, {**to_json(CONFIGURATION), **change}, 'it')


def test_a_field_is_changed_by_its_path() -> None:
    changed = with_field(CONFIGURATION, 'network.modify.kernel_size', '5')
    assert changed == CONFIGURATION._replace(network=Network(modify={'kernel_size': 5}))
    rate = with_field(changed, 'optimizer.learning_rate', '1').optimizer.learning_rate
    assert (rate, type(rate)) == (1.0, float)
    assert with_field(changed, 'loss.name', 'focal').loss.name == 'focal'


@pytest.mark.parametrize(
    ('path', 'text', 'sentence'),
    [
        ('speed', '1', "there is no setting 'speed' .*choose one of name, stages"),
        ('network.modify.a.b', '1', "'b' is unknown.*it has no fields"),
        ('batch_size', 'many', "^batch_size is 'many', but must be a whole number$"),
        ('stages', '[{"epochs": 1}]', r"^stages is .*, but stages\[0\] lacks the field 'height'$"),
    ],
)
def test_what_cannot_be_set_is_said(path: str, text: str, sentence: str) -> None:
    with pytest.raises(TrainingError, match=sentence):
        with_field(CONFIGURATION, path, text)
