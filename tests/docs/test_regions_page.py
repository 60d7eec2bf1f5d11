# SPDX-License-Identifier: Apache-2.0
"""The code of the page on regions runs, on messages with the fields of yolo_msgs."""

import re
from types import SimpleNamespace
from typing import Any

import pytest

from mobilenet_perception.frames.boxes import Box, boxes
from tests.docs.pages import read_page


def point(x: float, y: float) -> SimpleNamespace:
    return SimpleNamespace(x=x, y=y)


def test_messages_of_yolo_ros_become_regions() -> None:
    pytest.importorskip('rclpy', reason='needs rclpy: ROS 2 or its wheels')
    vision_msgs = pytest.importorskip('vision_msgs.msg', reason='needs vision_msgs')
    std_msgs = pytest.importorskip('std_msgs.msg')

    blocks = re.findall(r'```python\n(.*?)```', read_page('docs/regions.md').text, re.S)
    (code,) = (block for block in blocks if 'def to_regions' in block)
    heard: list[Any] = []
    published: list[Any] = []
    node = SimpleNamespace(
        create_publisher=lambda kind, topic, depth: SimpleNamespace(publish=published.append),
        create_subscription=lambda kind, topic, callback, depth: heard.append(callback),
    )
    known = {**vars(vision_msgs), 'DetectionArray': object, 'node': node}
    exec(code, known)

    # As yolo_msgs has it, but for what is not read: class_id, 3D boxes, masks, key points.
    bbox = SimpleNamespace(
        center=SimpleNamespace(position=point(100.5, 40.0), theta=0.25), size=point(30.0, 20.0)
    )
    found = SimpleNamespace(class_name='stop sign', score=0.75, id='12', bbox=bbox)
    header = std_msgs.Header(frame_id='lens')
    header.stamp.sec = 7
    (callback,) = heard
    callback(SimpleNamespace(header=header, detections=[found, found]))

    (regions,) = published
    assert regions.header == header
    box = Box('12', 100.5, 40.0, 30.0, 20.0, 0.25, ['stop sign'])
    assert list(boxes(regions)) == [box, box]
    assert regions.detections[0].results[0].hypothesis.score == 0.75
