# SPDX-License-Identifier: Apache-2.0
"""The delivery robot as a model: two driven wheels, two casters and three cameras on a mast."""

import math
from xml.etree.ElementTree import Element

from gazebo_world import elements
from mobilenet_perception.street import Mount, World
from mobilenet_perception.street.gazebo import (
    COMMAND,
    IMAGE_RATE_HZ,
    IMAGE_SIZE,
    ROBOT,
    image_topic,
    mounts,
)
from mobilenet_perception.street.shapes import Colour

_WHITE: Colour = (226, 228, 230)
_BLACK: Colour = (36, 38, 40)
_SIZE = (0.66, 0.44, 0.32)
_BASE_HEIGHT = 0.28
_MASS_KG = 25.0
_WHEEL_RADIUS, _WHEEL_WIDTH, _WHEEL_MASS_KG = 0.15, 0.06, 1.5
_TRACK = 0.52
_CASTER_RADIUS, _CASTER_X = 0.07, 0.24
_MAST_RADIUS = 0.02
# Nearer than this a camera sees nothing: its own mast is inside.
_NEAR, _FAR = 0.1, 150.0
# That of the drawn camera's sensor, 2.2 grey levels of 255: ogre2 adds noise to light and not to
# grey levels, and as much as 0.0086 is not to be seen (tried in Harmonic 8.14).
_NOISE = 0.058
_POSE_RATE_HZ = 50.0


def robot_model(world: World) -> Element:
    """Return the robot; its origin is on the ground between its wheels, below the cameras."""
    return elements.element(
        'model',
        _base(world),
        *_wheels(),
        elements.plugin(
            'diff-drive',
            'DiffDrive',
            left_joint='left_axle',
            right_joint='right_axle',
            wheel_separation=_TRACK,
            wheel_radius=_WHEEL_RADIUS,
            topic=COMMAND,
            max_linear_acceleration=6.0,
            min_linear_acceleration=-6.0,
        ),
        elements.plugin(
            'pose-publisher',
            'PosePublisher',
            publish_model_pose=True,
            publish_nested_model_pose=True,
            publish_link_pose=False,
            publish_visual_pose=False,
            publish_collision_pose=False,
            publish_sensor_pose=False,
            use_pose_vector_msg=False,
            update_frequency=_POSE_RATE_HZ,
        ),
        name=ROBOT,
    )


def _base(world: World) -> Element:
    body = elements.box(_SIZE)
    place = (0.0, 0.0, _BASE_HEIGHT)
    top = _BASE_HEIGHT + _SIZE[2] / 2
    mast_top = world.mount.height
    mast = elements.cylinder(_MAST_RADIUS, mast_top - top)
    parts = [
        elements.collision('body', body, place),
        elements.visual('body', body, elements.paint(_WHITE), place),
        elements.visual('mast', mast, elements.paint(_BLACK), (0.0, 0.0, (top + mast_top) / 2)),
    ]
    for name, x in (('caster_front', _CASTER_X), ('caster_rear', -_CASTER_X)):
        ball, foot = elements.sphere(_CASTER_RADIUS), (x, 0.0, _CASTER_RADIUS)
        parts.append(_slippery(elements.collision(name, ball, foot)))
        parts.append(elements.visual(name, ball, elements.paint(_BLACK), foot))
    sensors = [_camera(name, mount) for name, mount in mounts(world).items()]
    return elements.element(
        'link', _inertial(_MASS_KG, _SIZE, _BASE_HEIGHT), *parts, *sensors, name='base_link'
    )


def _camera(name: str, mount: Mount) -> Element:
    width, height = IMAGE_SIZE
    camera = elements.element(
        'camera',
        elements.element('horizontal_fov', text=mount.horizontal_fov),
        elements.element('image', *elements.values(width=width, height=height, format='R8G8B8')),
        elements.element('clip', *elements.values(near=_NEAR, far=_FAR)),
        elements.element('noise', *elements.values(type='gaussian', mean=0.0, stddev=_NOISE)),
    )
    pose = (0.0, 0.0, mount.height, 0.0, mount.pitch, mount.yaw)
    return elements.element(
        'sensor',
        *elements.values(
            pose=pose, topic=image_topic(name), update_rate=IMAGE_RATE_HZ, always_on=True
        ),
        camera,
        name=name,
        type='camera',
    )


def _wheels() -> list[Element]:
    parts: list[Element] = []
    for name, y in (('left_wheel', _TRACK / 2), ('right_wheel', -_TRACK / 2)):
        disc = elements.cylinder(_WHEEL_RADIUS, _WHEEL_WIDTH)
        link = elements.element(
            'link',
            elements.element('pose', text=(0.0, y, _WHEEL_RADIUS, -math.pi / 2, 0.0, 0.0)),
            _inertial(_WHEEL_MASS_KG, (2 * _WHEEL_RADIUS, 2 * _WHEEL_RADIUS, _WHEEL_WIDTH), 0.0),
            elements.collision(name, disc),
            elements.visual(name, disc, elements.paint(_BLACK)),
            name=name,
        )
        # The wheel's own z is its axle, and points to the left.
        axis = elements.element('axis', elements.element('xyz', text=(0, 0, 1)))
        joint = elements.element(
            'joint',
            *elements.values(parent='base_link', child=name),
            axis,
            name=name.replace('wheel', 'axle'),
            type='revolute',
        )
        parts += [link, joint]
    return parts


def _inertial(mass: float, size: tuple[float, float, float], z: float) -> Element:
    """Return the inertia of a box of even density."""
    x, y, height = (side * side for side in size)
    moments = {
        'ixx': mass * (y + height) / 12,
        'iyy': mass * (x + height) / 12,
        'izz': mass * (x + y) / 12,
        'ixy': 0.0,
        'ixz': 0.0,
        'iyz': 0.0,
    }
    return elements.element(
        'inertial',
        *elements.values(pose=(0.0, 0.0, z, 0.0, 0.0, 0.0), mass=mass),
        elements.element('inertia', *elements.values(**moments)),
    )


def _slippery(collision: Element) -> Element:
    friction = elements.element('ode', *elements.values(mu=0.0, mu2=0.0))
    collision.append(elements.element('surface', elements.element('friction', friction)))
    return collision
