# SPDX-License-Identifier: Apache-2.0
"""Parameters of `signal_regions`: stated in its file, and allowed."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from mobilenet_perception.frames.signal_map import ViewRules
from mobilenet_perception.ros.signal_regions.parameters import (
    SIGNAL_REGIONS_PARAMETERS,
    mapped_camera_parameters,
    signal_regions_refusal,
    view_rules,
)

DECLARED = {**SIGNAL_REGIONS_PARAMETERS, **mapped_camera_parameters('camera')}
DEFAULTS = {name: found.default for name, found in DECLARED.items()}


def test_the_parameter_file_states_every_default(root: Path) -> None:
    text = (root / 'config' / 'signal_regions.yaml').read_text(encoding='utf-8')
    stated = yaml.safe_load(text)['/**']['ros__parameters']
    camera = stated.pop('camera')
    assert {**stated, **{f'camera.{name}': value for name, value in camera.items()}} == DEFAULTS


def test_every_default_but_the_map_is_allowed() -> None:
    refused = [
        name
        for name, value in DEFAULTS.items()
        if signal_regions_refusal(name, DECLARED[name], value)
    ]
    assert refused == ['map_file']
    assert view_rules(DEFAULTS) == ViewRules()


@pytest.mark.parametrize(
    ('name', 'value', 'says'),
    [
        ('map_file', 3, 'map_file must be a text'),
        ('max_angle_deg', 90.0, 'max_angle_deg must lie between 1 and 89'),
        ('camera.mount', [0.0] * 5, 'camera.mount must be six numbers'),
        ('camera.mount', [0.0] * 5 + [float('nan')], 'camera.mount must be six numbers'),
        ('camera.mount', 'front', 'camera.mount must be six numbers'),
        ('camera.mount', [0, 0, 1, 0, 0, 0], ''),
        ('camera.camera_info_topic', '/a b', 'must be a name as ROS has it'),
        ('pose_topic', '/amcl_pose', ''),
    ],
)
def test_what_is_not_allowed_is_said(name: str, value: Any, says: str) -> None:
    refused = signal_regions_refusal(name, DECLARED[name], value)
    assert says in refused if says else not refused
