# SPDX-License-Identifier: Apache-2.0
"""Regions in bags: upstream's own messages, whose they are, and in which order they come."""

from pathlib import Path

import pytest
from rosbags.rosbag2 import StoragePlugin, Writer

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames.boxes import Box
from mobilenet_perception.frames.messages import Header, to_time
from mobilenet_perception.recordings import BagOptions, SourceRegions, open_source, write_bag
from mobilenet_perception.recordings.cdr import (
    DETECTIONS,
    RecordedMessage,
    deserialize_boxes,
    serialize_boxes,
    typestore,
)
from mobilenet_perception.recordings.labels import ThingLabel, ThingLabels, labels_to_json
from mobilenet_perception.recordings.reader import Topic
from mobilenet_perception.recordings.regions import find_region_topics
from tests.support.recordings import MS, START_NS, Recorded, frame, regions, write_recording
from tests.support.tiny_bundle import plain_image
from tests.support.vision_msgs import UPSTREAM

BOX = Box('7', 20.0, 30.5, 10.0, 20.0, 0.5, ('stop', 'yield'))
HEADER = Header(to_time(1_700_000_000_123_456_789), 'lens')
RED = plain_image('red')


@pytest.mark.parametrize('name', ['BoundingBox2D', 'Detection2D', 'Detection2DArray'])
def test_definitions_hash_as_upstream(name: str) -> None:
    assert typestore().hash_rihs01(f'vision_msgs/msg/{name}') == f'RIHS01_{UPSTREAM[name]}'


def read(data: bytes) -> tuple[Header, tuple[Box, ...]] | None:
    return deserialize_boxes(RecordedMessage('/boxes', DETECTIONS, 0, data))


def test_ros_reads_what_is_written_and_writes_what_is_read() -> None:
    serialization = pytest.importorskip('rclpy.serialization', reason='needs rclpy')
    messages = pytest.importorskip('vision_msgs.msg', reason='needs vision_msgs')
    data = serialize_boxes(HEADER, [BOX, BOX._replace(id='', labels=())])
    message = serialization.deserialize_message(data, messages.Detection2DArray)
    assert (message.header.stamp.nanosec, message.header.frame_id) == (123_456_789, 'lens')
    first, second = message.detections
    assert (first.id, first.bbox.center.position.y, first.bbox.center.theta) == ('7', 30.5, 0.5)
    assert [one.hypothesis.class_id for one in first.results] == ['stop', 'yield']
    assert (second.id, len(second.results)) == ('', 0)
    found = read(serialization.serialize_message(message))
    assert found is not None
    header, (one, _) = found
    assert header == HEADER and one._replace(labels=tuple(one.labels)) == BOX


def test_a_damaged_message_is_left_out_and_said(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with Writer(tmp_path / 'bag', version=8, storage_plugin=StoragePlugin.MCAP) as writer:
        topic = writer.add_connection('/boxes', DETECTIONS, typestore=typestore())
        good = serialize_boxes(HEADER, [BOX])
        for number, data in enumerate((good[:-30], good, b'')):
            writer.write(topic, START_NS + number, data)
    write_recording(tmp_path / 'camera', [frame(RED, 0.0)])
    (tmp_path / 'camera' / 'camera.mcap').rename(tmp_path / 'bag' / 'bag_1.mcap')
    (tmp_path / 'bag' / 'bag.mcap').rename(tmp_path / 'bag' / 'bag_0.mcap')
    (tmp_path / 'bag' / 'metadata.yaml').unlink()
    found = list(open_source(str(tmp_path / 'bag')).regions)
    assert [item.boxes[0].id for item in found] == ['7']
    assert 'messages of /boxes cannot be read and are left out' in capfd.readouterr().err


def test_frames_and_regions_come_in_recorded_order_and_time(tmp_path: Path) -> None:
    bag = write_recording(
        tmp_path / 'bag',
        [
            # Of no frame: there was none for a second.
            regions(BOX, at_ms=-1500),
            regions(BOX, at_ms=-20),
            *(frame(RED, 100.0 * n) for n in range(3)),
            *(regions(BOX, at_ms=100.0 * n + 30, age_ms=35.0) for n in range(3)),
            regions(BOX, at_ms=1300),
        ],
    )
    source = open_source(str(bag))
    assert [camera.regions for camera in source.cameras] == ['/boxes']
    items = [
        (type(item) is SourceRegions, (item.log_ns - START_NS) // MS, item.stamp_ns)
        for item in source.items()
    ]
    assert [item[:2] for item in items] == [
        (True, -20), (False, 0), (True, 30), (False, 100), (True, 130), (False, 200), (True, 230),
    ]  # fmt: skip
    # Those that were found in a frame have its stamp.
    assert [items[n][2] for n in (2, 4, 6)] == [items[n][2] for n in (1, 3, 5)]


def topics(*names: str) -> list[Topic]:
    return [Topic(name, DETECTIONS, 1) for name in names]


@pytest.mark.parametrize(
    ('names', 'cameras', 'found'),
    [
        ((), ['front'], {}),
        (('/detector/boxes',), ['front'], {'front': '/detector/boxes'}),
        (('/left/boxes', '/right/boxes'), ['left', 'right'],
         {'left': '/left/boxes', 'right': '/right/boxes'}),
        (('/left/boxes',), ['left', 'right'], {'left': '/left/boxes'}),
        (('/detections', '/classifier/front/detections'), ['front'], {'front': '/detections'}),
        (('/boxes', '/robot/eyes/front/detections', '/robot/eyes/front/decisions'), ['front'],
         {'front': '/boxes'}),
        (('/eyes/front/decisions',), ['front'], {}),
        (('/front/detections',), ['front'], {'front': '/front/detections'}),
    ],
)  # fmt: skip
def test_topics_are_found_by_type_and_name_without_our_own(
    names: tuple[str, ...], cameras: list[str], found: dict[str, str]
) -> None:
    answer = find_region_topics(topics(*names), cameras)
    assert answer.by_camera == found and answer.unclear == ''


@pytest.mark.parametrize(
    ('names', 'cameras'), [(('/a', '/b'), ['front']), (('/a',), ['left', 'right'])]
)
def test_what_is_not_clear_is_asked_for(names: tuple[str, ...], cameras: list[str]) -> None:
    answer = find_region_topics(topics(*names), cameras)
    assert answer.by_camera == {}
    assert f'--regions {cameras[0]}=/a' in answer.unclear and '--regions none' in answer.unclear


@pytest.fixture
def bag(tmp_path: Path) -> Path:
    items: list[Recorded] = [
        frame(RED, 0.0),
        regions(BOX, at_ms=10, topic='/a'),
        regions(at_ms=20, topic='/b'),
    ]
    return write_recording(tmp_path / 'bag', items)


@pytest.mark.parametrize(
    ('asked', 'topic'), [(('/b',), '/b'), (('front=/a',), '/a'), (('none',), '')]
)
def test_the_topic_that_is_asked_for_is_taken(
    bag: Path, asked: tuple[str, ...], topic: str
) -> None:
    (camera,) = open_source(str(bag), regions=asked).cameras
    assert camera.regions == topic


@pytest.mark.parametrize(
    ('asked', 'said'),
    [
        ((), '/a, /b could say where to look in the images of front: say which with --regions'),
        (('/c',), 'no topic of regions /c (vision_msgs/Detection2DArray): it has /a, /b'),
        (('/front/image_raw',), 'no topic of regions /front/image_raw'),
        (('rear=/a',), 'no camera rear: its cameras are front'),
    ],
)
def test_what_cannot_be_taken_is_one_sentence(
    bag: Path, asked: tuple[str, ...], said: str
) -> None:
    with pytest.raises(PerceptionError) as caught:
        open_source(str(bag), regions=asked)
    assert said in str(caught.value) and '\n' not in str(caught.value)


@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
def test_a_bag_that_is_written_anew_keeps_regions_and_labels(tmp_path: Path, storage: str) -> None:
    items: list[Recorded] = [frame(RED, 100.0 * n) for n in range(4)]
    items += [regions(BOX, at_ms=100.0 * n + 30, age_ms=35.0) for n in range(4)]
    items.sort(key=lambda item: item[1])
    old = write_recording(tmp_path / 'old', items, storage)
    things = ThingLabels([ThingLabel('7', None, START_NS, 'red')])
    (old / 'labels.json').write_text(labels_to_json({}, {'front': things}))
    options = BagOptions(storage, topic='/rear/image_raw')  # type: ignore[arg-type]
    assert write_bag(open_source(str(old)), tmp_path / 'new', options) == 4
    before, after = (open_source(str(tmp_path / name)) for name in ('old', 'new'))
    assert after.things['rear'].all() == before.things['front'].all() != []
    assert [item._replace(camera='') for item in after.regions] == [
        item._replace(camera='') for item in before.regions
    ]
