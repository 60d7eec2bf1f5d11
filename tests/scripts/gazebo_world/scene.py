# SPDX-License-Identifier: Apache-2.0
"""Reads what stands in a world of Gazebo from its SDF files, as its renderer would place it."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]


class Board(NamedTuple):
    """A textured board: its name, picture, and corners as (4, 3) from the upper left on."""

    name: str
    picture: Path
    corners: Matrix


class Lens(NamedTuple):
    """A camera: its field of view in radians, its image in pixels, and where it is."""

    horizontal_fov: float
    width: int
    height: int
    pose: Matrix

    def project(self, points: Matrix) -> Matrix:
        """Return (n, 2) pixels of (n, 3) points: the sensor looks along its x, z is up."""
        homogeneous = np.hstack([points, np.ones((len(points), 1))]) @ np.linalg.inv(self.pose).T
        focal = self.width / 2 / math.tan(self.horizontal_fov / 2)
        ahead, left, up = homogeneous[:, 0], homogeneous[:, 1], homogeneous[:, 2]
        assert (ahead > 0).all()
        u, v = self.width / 2 - focal * left / ahead, self.height / 2 - focal * up / ahead
        return np.stack([u, v], axis=1)


def root_of(path: Path) -> Element:
    """Return the world or the model of a file."""
    sdf = ElementTree.parse(path).getroot()
    assert sdf.tag == 'sdf' and len(sdf) == 1
    return sdf[0]


def pose_of(element: Element) -> Matrix:
    """Return the (4, 4) transform of an element's pose: yaw after pitch after roll."""
    x, y, z, roll, pitch, yaw = map(float, (element.findtext('pose') or '0 0 0 0 0 0').split())
    return translation(x, y, z) @ turn(2, yaw) @ turn(1, pitch) @ turn(0, roll)


def translation(x: float, y: float, z: float) -> Matrix:
    matrix = np.eye(4)
    matrix[:3, 3] = (x, y, z)
    return matrix


def turn(axis: int, angle: float) -> Matrix:
    """Return the rotation about an axis, counter-clockwise seen from its tip."""
    matrix = np.eye(4)
    first, second = (axis + 1) % 3, (axis + 2) % 3
    matrix[first, first] = matrix[second, second] = math.cos(angle)
    matrix[first, second], matrix[second, first] = -math.sin(angle), math.sin(angle)
    return matrix


def resolve(uri: str, models: Path) -> Path:
    """Return the file of a model:// URI."""
    assert uri.startswith('model://'), uri
    return models / uri.removeprefix('model://')


def included(world: Path, models: Path) -> Iterator[tuple[str, Matrix, Element]]:
    """Yield the models of a world: the name and pose of each there, and the model."""
    for include in root_of(world).iter('include'):
        folder = resolve(include.findtext('uri') or '', models)
        config = ElementTree.parse(folder / 'model.config').getroot()
        file = config.findtext('sdf') or ''
        yield include.findtext('name') or '', pose_of(include), root_of(folder / file)


def boards(world: Path, models: Path, angle: float = 0.0) -> Iterator[Board]:
    """Yield the boards of a world, with drums turned to an angle."""
    for name, place, model in included(world, models):
        for link in model.iter('link'):
            pose = place @ pose_of(link)
            if link.attrib['name'] == 'drum':
                pose = pose @ turn(2, angle)
            for visual in link.iter('visual'):
                uri = visual.findtext('material/pbr/metal/albedo_map')
                scale = visual.findtext('geometry/mesh/scale')
                if uri is None or scale is None:
                    continue
                _, width, height = map(float, scale.split())
                local = [(-1, 1), (1, 1), (1, -1), (-1, -1)]
                points = [[0, y * width / 2, z * height / 2, 1] for y, z in local]
                corners = (pose @ pose_of(visual) @ np.array(points).T).T[:, :3]
                own = visual.attrib['name'] if link.attrib['name'] != 'drum' else name
                yield Board(own, resolve(uri, models), corners)


def lens(world: Path, models: Path, camera: str, robot: Matrix) -> Lens:
    """Return a camera of the robot, which stands at a pose."""
    (model,) = [model for name, _, model in included(world, models) if name == 'delivery_robot']
    for link in model.iter('link'):
        for sensor in link.iter('sensor'):
            if sensor.attrib['name'] == camera:
                fov = float(sensor.findtext('camera/horizontal_fov') or 0)
                width, height = (
                    int(sensor.findtext(f'camera/image/{side}') or 0)
                    for side in ('width', 'height')
                )
                return Lens(fov, width, height, robot @ pose_of(link) @ pose_of(sensor))
    raise AssertionError(f'no camera {camera}')
