# SPDX-License-Identifier: Apache-2.0
"""Each parameter's default is allowed, and a refusal says what is."""

from typing import Any

import pytest

from mobilenet_perception.frames import RegionOfInterest
from mobilenet_perception.pipeline.parameters import (
    NODE_PARAMETERS,
    CameraSettings,
    camera_names,
    camera_parameters,
    camera_settings,
    refusal,
)

# What rclpy refuses, and names that would stand for no topic of a camera.
NO_TOPICS = ('', '/bad topic', '9bad', 'a/', '/', '/a/9b', 'a//b', '/~', '/a-b', '~a', '{ns', '/é')
TOPICS = ('/front/image_raw', 'image_raw', '~/image', '_a/b__c', '{ns}/a', '/a/{node}_b', 'a1')
ALL = {**NODE_PARAMETERS, **camera_parameters('front')}


@pytest.mark.parametrize('name', ALL)
def test_defaults_are_allowed_and_described(name: str) -> None:
    assert refusal(name, ALL[name], ALL[name].default) == ''
    assert ALL[name].description


@pytest.mark.parametrize(
    ('name', 'value', 'says'),
    [
        ('latency_budget_ms', -5.0, 'between 1 and 60000'),
        ('latency_budget_ms', float('nan'), 'between 1 and 60000'),
        ('latency_budget_ms', 'fast', 'must be a number'),
        ('top_k', 2.5, 'must be a whole number'),
        ('top_k', True, 'must be a whole number'),
        ('budget_reference', 'birth', 'one of capture, receipt'),
        ('cameras', [], 'at least one name'),
        ('cameras', ['a', 'a'], 'each its own'),
        ('cameras', ['a', 'machine'], 'none of them machine'),
        ('cameras', ['rear left'], 'letters, digits'),
        ('front.roi', [1, 2, 3], 'four integers'),
        ('front.roi', [0, 0, 0, 5], 'four integers'),
        ('front.roi', [-1, 0, 5, 5], 'four integers'),
        ('front.roi', 'left', 'four integers'),
        ('front.significant_bits', 7, '0, for all bits, or 8 to 16'),
        ('front.significant_bits', 17, 'between 0 and 16'),
        ('front.significant_bits', 12.0, 'whole number'),
        ('front.roi', [0, 0, 0, 5], 'or [0, 0, 0, 0] for the whole frame; it is [0, 0, 0, 5]'),
        ('front.image_transport', 'theora', 'one of raw, compressed'),
        ('front.image_transport', 'theora', 'image_transport republish'),
        ('front.image_transport', 'compressedDepth', 'it carries depth'),
        ('front.image_transport', 'jpeg', 'one of raw, compressed'),
        ('cameras', [1, 2], 'letters, digits'),
        ('cameras', 5, 'letters, digits'),
        ('cameras', 'front,', 'letters, digits'),
        ('cameras', '', 'letters, digits'),
        *(('front.image_topic', name, 'single slashes') for name in NO_TOPICS),
    ],
)
def test_refusals(name: str, value: Any, says: str) -> None:
    assert says in refusal(name, ALL[name], value)


def test_topics_are_names_that_ros_takes() -> None:
    name = 'front.image_topic'
    assert [refusal(name, ALL[name], topic) for topic in TOPICS] == [''] * len(TOPICS)
    validate = pytest.importorskip('rclpy.validate_topic_name').validate_topic_name
    assert all(validate(topic) for topic in TOPICS)


def test_cameras_may_be_written_as_text() -> None:
    assert camera_names('front') == ['front']
    assert camera_names('front, left') == ['front', 'left']
    assert camera_names(['front']) == ['front']
    assert refusal('cameras', ALL['cameras'], 'front,left') == ''


def test_whole_numbers_serve_as_numbers() -> None:
    assert refusal('latency_budget_ms', ALL['latency_budget_ms'], 50) == ''


def test_camera_settings() -> None:
    values = {
        'latency_budget_ms': 50.0,
        'a.latency_budget_ms': 0.0,
        'a.roi': [],
        'a.priority': 1.0,
        'a.significant_bits': 0,
        'a.regions_topic': '',
    }
    assert camera_settings(values, 'a') == CameraSettings(50.0)
    values['a.roi'] = [0, 0, 0, 0]
    assert camera_settings(values, 'a') == CameraSettings(50.0)
    values.update({'a.latency_budget_ms': 20.0, 'a.roi': [1, 2, 3, 4], 'a.priority': 2.0})
    values['a.significant_bits'] = 12
    roi = RegionOfInterest(1, 2, 3, 4)
    assert camera_settings(values, 'a') == CameraSettings(20.0, roi, 2.0, 12)
