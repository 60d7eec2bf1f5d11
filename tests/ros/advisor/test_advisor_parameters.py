# SPDX-License-Identifier: Apache-2.0
"""The advisor's parameters: stated in its file, and fitting the default bundle."""

from pathlib import Path

import pytest
import yaml

from mobilenet_perception.inference.bundle import load_bundle
from mobilenet_perception.planner.knowledge import NOTHING
from mobilenet_perception.ros.advisor.node import ADVISOR_PARAMETERS, advisor_refusal, speed_rules


def defaults() -> dict[str, object]:
    return {name: found.default for name, found in ADVISOR_PARAMETERS.items()}


def test_the_parameter_file_states_every_default(root: Path) -> None:
    text = (root / 'config' / 'advisor.yaml').read_text(encoding='utf-8')
    assert yaml.safe_load(text)['/**']['ros__parameters'] == defaults()


def test_every_default_is_allowed() -> None:
    assert [advisor_refusal(name, value) for name, value in defaults().items()] == [''] * 15


def test_the_lists_name_labels_of_the_default_bundle(default_bundle: Path) -> None:
    labels = set(load_bundle(default_bundle).manifest.labels)
    listed = set(speed_rules(defaults()).labels)
    assert listed <= labels | {NOTHING}
    # What another sign asks for nobody knows.
    assert labels - listed == {'other_sign'}


@pytest.mark.parametrize(
    ('name', 'value', 'says'),
    [
        ('stop_percent', 0.0, 'stop_percent must lie between 0.001 and 100'),
        ('stop_labels', 'stop', 'must be names of labels'),
        ('cameras', [], 'cameras must be at least one name'),
        ('max_age_ms', 'old', 'max_age_ms must be a number'),
    ],
)
def test_what_is_not_allowed_is_said(name: str, value: object, says: str) -> None:
    assert says in advisor_refusal(name, value)
