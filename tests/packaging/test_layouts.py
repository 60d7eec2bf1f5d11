# SPDX-License-Identifier: Apache-2.0
"""The layouts of Foxglove, PlotJuggler and RViz name topics, statuses and keys of the node."""

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

pytest.importorskip('rclpy', reason='needs rclpy: ROS 2 or its wheels')

from std_msgs.msg import Header

from mobilenet_perception.frames import RegionOfInterest
from mobilenet_perception.frames.messages import image_message
from mobilenet_perception.inference.classifier import Classifier
from mobilenet_perception.inference.runtimes import create_runtime
from mobilenet_perception.pipeline.health import camera_health
from mobilenet_perception.pipeline.parameters import CameraSettings, camera_parameters
from mobilenet_perception.pipeline.pipeline import Pipeline
from mobilenet_perception.pipeline.regions import Region, RegionRules, Regions
from mobilenet_perception.pipeline.result import Result
from mobilenet_perception.ros import messages
from tests.support.tiny_bundle import plain_image, write_tiny_bundle

CAMERA = 'camera'
# As Diagnostics names them.
NODE, STATUS = '/classifier', 'classifier: camera'
TIMING, DECISION = '/classifier/camera/timing', '/classifier/camera/decision'
DECISIONS = '/classifier/camera/decisions'
# Each layout of Foxglove, and where in it decisions are.
FOXGLOVE = {
    'foxglove.json': f'{DECISION}.results[0]',
    'foxglove_regions.json': f'{DECISIONS}.detections[:]{{id==$thing}}.results[0].hypothesis',
}


@pytest.fixture(scope='module')
def published(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A frame's timing status, and the keys of its camera on /diagnostics."""
    return publish(tmp_path_factory.mktemp('bundles'), None)


@pytest.fixture(scope='module')
def with_regions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The same of a camera with regions, and the decision of a thing."""
    return publish(tmp_path_factory.mktemp('bundles'), RegionRules())


def publish(folder: Path, rules: RegionRules | None) -> dict[str, Any]:
    bundle = write_tiny_bundle(folder / 'tiny')
    results: list[Result] = []
    pipeline = Pipeline(
        Classifier(bundle, create_runtime()),
        {CAMERA: CameraSettings(60_000.0, regions=rules)},
        results.append,
    )
    stamp_ns = 1
    if rules is not None:
        regions = [Region('0', RegionOfInterest(0, 0, 8, 8))]
        pipeline.submit_regions(CAMERA, Regions(stamp_ns, regions))
    pipeline.submit(CAMERA, image_message(plain_image('red'), stamp_ns, CAMERA), stamp_ns)
    pipeline.run_once()
    record = results[0].record._replace(transport_ms=1.0)
    health = camera_health(pipeline.state(CAMERA), 1.0, '/camera/image_raw', '')
    return {
        'timing': messages.timing(Header(), record, f'{STATUS}: frame').status[0],
        'health': {pair.key for pair in messages.key_values(health.values)},
        'things': messages.thing_decisions(Header(), results[0].things).detections,
    }


def keys(status: Any) -> set[str]:
    return {pair.key for pair in status.values}


def panels(root: Path, name: str) -> tuple[Any, dict[str, Any]]:
    layout = json.loads((root / 'config' / name).read_text(encoding='utf-8'))
    return layout['layout'], layout['configById']


@pytest.mark.parametrize('name', FOXGLOVE)
def test_foxglove_shows_every_panel_once(root: Path, name: str) -> None:
    def leaves(part: Any) -> list[str]:
        if isinstance(part, str):
            return [part]
        assert part['direction'] in ('row', 'column')
        return leaves(part['first']) + leaves(part['second'])

    layout, configured = panels(root, name)
    assert sorted(leaves(layout)) == sorted(configured)


@pytest.mark.parametrize('name', FOXGLOVE)
def test_foxglove_paths_are_published(
    root: Path, published: dict[str, Any], with_regions: dict[str, Any], name: str
) -> None:
    _, configured = panels(root, name)
    published = published if name == 'foxglove.json' else with_regions
    decision = FOXGLOVE[name]
    paths = [path['value'] for panel in configured.values() for path in panel.get('paths', ())]
    assert len(paths) > 10
    of_timing = re.compile(
        re.escape(TIMING) + r'\.status\[0\]\.values\[:\]\{key=="(\w+)"\}\.value'
    )
    of_health = re.compile(
        r'/diagnostics\.status\[:\]\{name=="(.+)"\}\.values\[:\]\{key=="(\w+)"\}\.value'
    )
    for path in paths:
        if found := of_timing.fullmatch(path):
            assert found[1] in keys(published['timing'])
        elif found := of_health.fullmatch(path):
            assert found[1] == STATUS and found[2] in published['health']
        else:
            assert path in (f'{decision}.class_id', f'{decision}.score')
    assert configured['Image!overlay']['imageMode']['imageTopic'] == '/classifier/camera/overlay'
    detail = configured['DiagnosticStatusPanel!camera']
    assert (detail['selectedHardwareId'], detail['selectedName']) == (NODE, STATUS)


def test_foxglove_shows_the_thing_that_a_variable_names(
    root: Path, with_regions: dict[str, Any]
) -> None:
    layout = json.loads((root / 'config' / 'foxglove_regions.json').read_text(encoding='utf-8'))
    (thing,) = with_regions['things']
    # An id is text: a number would equal none.
    assert layout['globalVariables'] == {'thing': thing.id}
    assert thing.results[0].hypothesis.class_id == 'red'
    assert layout['configById']['Table!things']['topicPath'] == f'{DECISIONS}.detections'


def test_plotjuggler_curves_are_published(root: Path, published: dict[str, Any]) -> None:
    tree = ElementTree.parse(root / 'config' / 'plotjuggler.xml')
    curves = [curve.attrib['name'] for curve in tree.iter('curve')]
    assert len(curves) > 10
    # It names what is in diagnostics topic/hardware_id/name/key.
    timing = published['timing']
    known = {f'{TIMING}/{timing.hardware_id}/{timing.name}/{key}' for key in keys(timing)}
    known |= {f'/diagnostics/{NODE}/{STATUS}/{key}' for key in published['health']}
    known.add(f'{DECISION}/results[0]/score')
    assert set(curves) <= known
    # Text is no curve.
    values = {pair.key: pair.value for pair in timing.values}
    for curve in curves:
        if curve.startswith(TIMING):
            float(values[curve.rpartition('/')[2]])


def test_rviz_shows_the_overlay_and_the_camera(root: Path) -> None:
    manager = yaml.safe_load((root / 'config' / 'classifier.rviz').read_text())[
        'Visualization Manager'
    ]
    topics = {}
    for display in manager['Displays']:
        assert display['Class'] == 'rviz_default_plugins/Image'
        # RViz reads both, and takes the second for what the box shows.
        assert display['Enabled'] is display['Value']
        topics[display['Name']] = (display['Topic']['Value'], display['Enabled'])
    image_topic = camera_parameters(CAMERA)[f'{CAMERA}.image_topic'].default
    assert topics == {
        'Overlay': (f'{NODE}/{CAMERA}/overlay', True),
        'Camera': (image_topic, False),
    }
