# SPDX-License-Identifier: Apache-2.0
"""The simulation's files are those of the drawn world, name what exists, and fit the bridge."""

import math
import os
import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest
import yaml
from gazebo_world.write import write_simulation

from mobilenet_perception.street import TIMES_OF_DAY, sidewalk_world
from mobilenet_perception.street.gazebo import BRIDGE, image_topic, mounts, world_path
from mobilenet_perception.street.textures import light_gains
from tests.scripts.gazebo_world.scene import included, resolve, root_of

PICTURES = ('.png', '.jpg')
# Pairs that ros_gz_bridge converts, of Jazzy's table.
CONVERTED = {
    'geometry_msgs/msg/PoseStamped': 'gz.msgs.Pose',
    'geometry_msgs/msg/Twist': 'gz.msgs.Twist',
    'rosgraph_msgs/msg/Clock': 'gz.msgs.Clock',
    'sensor_msgs/msg/CameraInfo': 'gz.msgs.CameraInfo',
    'sensor_msgs/msg/JointState': 'gz.msgs.Model',
    'std_msgs/msg/Float64': 'gz.msgs.Double',
}


def sdf_files(root: Path) -> list[Path]:
    return sorted([*root.glob('worlds/*.sdf'), *root.glob('models/*/model.sdf')])


@pytest.fixture(scope='module')
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files, made anew."""
    folder = tmp_path_factory.mktemp('simulation')
    write_simulation(folder)
    return folder


def files_below(root: Path) -> set[Path]:
    folders = (root / 'worlds', root / 'models')
    paths = {path for folder in folders for path in folder.rglob('*') if path.is_file()}
    return {path.relative_to(root) for path in paths | {root / BRIDGE}}


def test_files_are_what_the_world_gives(root: Path, written: Path) -> None:
    anew = 'run scripts/write_world.py'
    assert files_below(root) == files_below(written), anew
    for path in files_below(written):
        if path.suffix not in PICTURES:
            assert (root / path).read_bytes() == (written / path).read_bytes(), f'{path}: {anew}'
            continue
        # Another release of OpenCV compresses otherwise, and rounds otherwise.
        found, expected = (
            cv2.imread(str(folder / path), cv2.IMREAD_UNCHANGED) for folder in (root, written)
        )
        assert found is not None and expected is not None
        assert found.shape == expected.shape, f'{path}: {anew}'
        assert np.abs(found.astype(int) - expected.astype(int)).mean() < 2.0, f'{path}: {anew}'


def test_files_are_small(root: Path) -> None:
    assert sum(path.stat().st_size for path in (root / 'models').rglob('*.*')) < 1_500_000


def test_every_reference_exists(root: Path) -> None:
    references = 0
    for path in sdf_files(root):
        for element in root_of(path).iter():
            if element.tag == 'uri' or element.tag.endswith('_map'):
                assert resolve(element.text or '', root / 'models').exists(), element.text
                references += 1
    assert references > 50
    for config in (root / 'models').glob('*/model.config'):
        assert (config.parent / (ElementTree.parse(config).findtext('sdf') or '-')).is_file()


def test_pictures_are_whole(root: Path) -> None:
    paths = [path for path in (root / 'models').rglob('*') if path.suffix in PICTURES]
    assert len(paths) > 20
    for path in paths:
        picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        assert picture is not None, path
        assert picture.shape[2] == (4 if path.suffix == '.png' else 3)


def test_mesh_is_a_square_metre_that_faces_ahead(root: Path) -> None:
    (mesh,) = (root / 'models').rglob('*.obj')
    lines = [line.split() for line in mesh.read_text(encoding='utf-8').splitlines()]
    points = np.array([line[1:] for line in lines if line[0] == 'v'], float)
    texture = np.array([line[1:] for line in lines if line[0] == 'vt'], float)
    # Seen from x, the left edge is at y = -0.5: texture and place agree.
    np.testing.assert_allclose(points[:, 1:] + 0.5, texture)
    for face in [line[1:] for line in lines if line[0] == 'f']:
        corners = points[[int(corner.split('/')[0]) - 1 for corner in face]]
        normal = np.cross(corners[1] - corners[0], corners[2] - corners[0])
        assert normal[0] > 0


@pytest.mark.parametrize('time_of_day', TIMES_OF_DAY)
def test_bridge_carries_what_the_models_have(root: Path, time_of_day: str) -> None:
    world = root / world_path(time_of_day)
    name = root_of(world).attrib['name']
    models = {own: model for own, _, model in included(world, root / 'models')}
    (robot,) = [model for own, model in models.items() if own == 'delivery_robot']
    there = {'/clock', '/cmd_vel', '/model/delivery_robot/pose'}
    drive = next(p for p in robot.iter('plugin') if 'diff-drive' in p.attrib['filename'])
    assert drive.findtext('topic') == '/cmd_vel'
    joints = {joint.attrib['name'] for joint in robot.iter('joint')}
    assert {drive.findtext('left_joint'), drive.findtext('right_joint')} <= joints
    images = {sensor.findtext('topic') for sensor in robot.iter('sensor')}
    assert images == {image_topic(camera) for camera in mounts(sidewalk_world())}
    there |= {(topic or '').replace('image_raw', 'camera_info') for topic in images}
    for own, model in models.items():
        for plugin in model.iter('plugin'):
            joint = plugin.findtext('joint_name')
            if joint is None:
                continue
            assert joint in {item.attrib['name'] for item in model.iter('joint')}
            there |= {f'/model/{own}/joint/{joint}/0/cmd_pos'}
            there |= {f'/world/{name}/model/{own}/joint_state'}
    bridge = yaml.safe_load((root / BRIDGE).read_text(encoding='utf-8'))
    assert {item['gz_topic_name'] for item in bridge} == there
    for item in bridge:
        assert CONVERTED[item['ros_type_name']] == item['gz_type_name']
        assert item['direction'] in ('GZ_TO_ROS', 'ROS_TO_GZ')
        assert re.fullmatch(r'(/[a-z][a-z0-9_]*)+', item['ros_topic_name'])
    ros = [item['ros_topic_name'] for item in bridge]
    assert len(set(ros)) == len(ros)


def test_cameras_are_as_promised(root: Path) -> None:
    robot = root_of(root / 'models/delivery_robot/model.sdf')
    sensors = {sensor.attrib['name']: sensor for sensor in robot.iter('sensor')}
    assert set(sensors) == {'front', 'left', 'right'}
    for sensor in sensors.values():
        size = [sensor.findtext(f'camera/image/{side}') for side in ('width', 'height')]
        assert size == ['640', '480']
        assert sensor.findtext('update_rate') == '30'
        assert float(sensor.findtext('camera/noise/stddev') or 0) == 0.058


@pytest.mark.parametrize('time_of_day', TIMES_OF_DAY)
def test_light_is_linear_and_dusk_is_dark(root: Path, time_of_day: str) -> None:
    scene = root_of(root / world_path(time_of_day))
    lighting = sidewalk_world(time_of_day).lighting
    background = np.array((scene.findtext('scene/background') or '').split(), float)[:3]
    share = np.array(lighting.horizon) / 255
    expected = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    np.testing.assert_allclose(background, expected, rtol=1e-4)
    for path in ('scene/ambient', 'light/diffuse'):
        colour = np.array((scene.findtext(path) or '').split(), float)[:3]
        grey = colour ** (1 / 2.2)
        np.testing.assert_allclose(grey, np.minimum(light_gains(lighting), 1.0), rtol=1e-4)


def test_the_sun_lights_every_sign_and_no_house_shades_one(root: Path) -> None:
    world = sidewalk_world()
    sun = root_of(root / world_path('day')).findtext('light/direction') or ''
    ray = np.array(sun.split(), float)
    for signal in world.signals:
        # Towards the robot, which comes along x.
        facing = np.array([math.cos(signal.yaw), math.sin(signal.yaw), 0.0])
        assert -(facing @ ray) / np.linalg.norm(ray) > 0.5, signal.name
        x, y, z = signal.position
        for house in world.buildings:
            # Where the ray crosses the line of the front on its way to the sign.
            travelled = (y - house.facade_y) / ray[1]
            at_x, at_z = x - travelled * ray[0], z - travelled * ray[2]
            crosses = travelled > 0 and house.start <= at_x <= house.end
            assert not (crosses and at_z < house.height), (signal.name, house)


def test_the_post_of_a_light_ends_behind_its_lamps(root: Path) -> None:
    for path in (root / 'models').glob('*_light/model.sdf'):
        model = root_of(path)
        length = float(model.findtext('link/visual/geometry/cylinder/length') or 0)
        drum = next(link for link in model.iter('link') if link.attrib['name'] == 'drum')
        middle = float((drum.findtext('pose') or '').split()[2])
        assert length >= middle - 1e-4


def test_a_plane_catches_who_leaves_the_street(root: Path) -> None:
    street = root_of(root / 'models/sidewalk_street/model.sdf')
    (below,) = [c for c in street.iter('collision') if c.find('geometry/plane') is not None]
    assert float((below.findtext('pose') or '').split()[2]) == pytest.approx(-0.1, abs=0.01)


def test_the_mesh_has_a_material(root: Path) -> None:
    (mesh,) = (root / 'models').rglob('*.obj')
    words = dict(line.split() for line in mesh.read_text().splitlines() if 'mtl' in line)
    material = (mesh.parent / words['mtllib']).read_text(encoding='utf-8')
    assert f'newmtl {words["usemtl"]}' in material


def test_day_and_dusk_differ_in_their_light_alone(root: Path) -> None:
    day, dusk = (
        (root / world_path(time_of_day)).read_text(encoding='utf-8').splitlines()
        for time_of_day in TIMES_OF_DAY
    )
    other = [one for one, two in zip(day, dusk, strict=True) if one != two]
    assert other
    assert all(re.search('ambient|background|diffuse', line) for line in other)


@pytest.fixture(scope='module')
def parser() -> list[str]:
    for tool in ('gz', 'ign'):
        if (path := shutil.which(tool)) is None:
            continue
        help_words = subprocess.run(
            [path, 'sdf', '--help'], capture_output=True, text=True, check=False
        )
        if '--check' in help_words.stdout:
            return [path, 'sdf', '-k']
    pytest.skip('needs sdformat with its command line: gz or ign (Debian: libsdformat-dev)')


def check(parser: list[str], path: Path, root: Path) -> 'subprocess.CompletedProcess[str]':
    environment = {**os.environ, 'SDF_PATH': str(root / 'models')}
    return subprocess.run(
        [*parser, str(path)], env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize('time_of_day', TIMES_OF_DAY)
def test_the_real_parser_takes_the_world_and_its_models(
    parser: list[str], root: Path, time_of_day: str
) -> None:
    done = check(parser, root / world_path(time_of_day), root)
    said = done.stdout + done.stderr
    assert 'Valid.' in done.stdout and 'Error' not in said, said[:1000]


def test_the_real_parser_would_tell(parser: list[str], root: Path, tmp_path: Path) -> None:
    broken = tmp_path / 'broken.sdf'
    robot = (root / 'models/delivery_robot/model.sdf').read_text(encoding='utf-8')
    broken.write_text(robot.replace('<child>left_wheel</child>', '<child>no_wheel</child>'))
    done = check(parser, broken, root)
    assert 'Valid.' not in done.stdout
