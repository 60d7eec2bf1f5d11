# SPDX-License-Identifier: Apache-2.0
"""Troubles of regions planted in real processes over real DDS: the doctor names each of them."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.tiny_bundle import write_tiny_bundle

pytest.importorskip('vision_msgs', reason='needs vision_msgs, which `make setup` builds')

Ask = Callable[..., tuple[int, Any]]
Begin = Callable[..., 'subprocess.Popen[str]']
Start = Callable[[str, dict[str, Any]], None]
# What the doctor is to find on the topic of each detector, and a word of what it is to say.
ON_TOPICS = {
    'nobody': ('no_regions', 'nobody.regions_topic to a topic that is published'),
    'typed': ('regions_type', 'vision_msgs/msg/Classification'),
    'lossy': (
        'qos_reliability',
        'qos_overrides./lossy/boxes.subscription.reliability:=best_effort',
    ),
    'paused': ('regions_silent', 'empty list'),
    'twice': ('two_regions', 'planted_regions, /planted_regions'),
    'unstamped': ('regions_match', 'copy the header of the image'),
    'aged': ('regions_match', 'raise regions_max_age_ms'),
    'otherwhere': ('regions_match', 'of another clock'),
    'outside': ('boxes_outside', 'outside the image of 160x120 pixels on /camera/image_raw'),
    'shares': ('boxes_size', 'shares of the image'),
    'small': ('boxes_size', 'small.regions_min_pixels (8)'),
    'numbers': ('boxes', 'not finite'),
    'doubled': ('boxes', 'a second box of the id 7'),
    'nameless': ('boxes_ids', 'no decisions'),
    'anew': ('boxes_ids', 'different ids'),
    'plain': ('regions_classes', 'have no class'),
    'classes': ('regions_classes', "for 'Traffic_Lights' did you mean 'traffic light'?"),
}
SOUND = ('sound', 'exact')


def test_each_planted_trouble_of_regions_is_named(
    begin: Begin, ask: Ask, classifier: Start, tmp_path: Path
) -> None:
    begin('tests.tools.doctor.planted_regions', *(set(ON_TOPICS) - {'nobody'}), *SOUND)
    cameras = [*ON_TOPICS, *SOUND]
    parameters: dict[str, Any] = {'bundle': write_tiny_bundle(tmp_path / 'tiny').folder}
    for camera in cameras:
        parameters[f'{camera}.image_topic'] = '/camera/image_raw'
        parameters[f'{camera}.regions_topic'] = f'/{camera}/boxes'
    parameters |= {
        'cameras': cameras,
        'latency_budget_ms': 500.0,
        'qos_overrides./lossy/boxes.subscription.reliability': 'reliable',
        'unstamped.regions_match': 'exact',
        'exact.regions_match': 'exact',
        'plain.regions_classes': "['car']",
        'classes.regions_classes': "['Traffic_Lights']",
    }
    classifier('/', parameters)
    # A busy machine takes longer to find and to hear all of them.
    for seconds in (4, 30):
        _, said = ask('--seconds', seconds, '--node', 'classifier')
        found = {(f['where'], f['check']): f for f in said['findings']}
        wrong = {
            place: f'{item["what"]} {item["cure"]}'
            for place, item in found.items()
            if item['level'] == 'wrong'
        }
        unnamed = {
            name: words
            for name, (check, words) in ON_TOPICS.items()
            if words not in wrong.get((f'/{name}/boxes', check), '')
        }
        if not unnamed:
            break
    assert not unnamed, wrong
    for name in ON_TOPICS:
        assert sum(where == f'/{name}/boxes' for where, _ in wrong) == 1, wrong
    for name in SOUND:
        item = found[f'/{name}/boxes', 'regions']
        assert item['level'] == 'ok' and '2.0 boxes each (traffic light)' in item['what']
