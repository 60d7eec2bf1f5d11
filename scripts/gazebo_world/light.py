# SPDX-License-Identifier: Apache-2.0
"""A traffic light as a model: a post that carries a drum of boards, one for each lamp lit."""

import math
from xml.etree.ElementTree import Element

from gazebo_world import elements
from gazebo_world.street import Uris, signal_name
from mobilenet_perception.street import gazebo
from mobilenet_perception.street.gazebo import TURN
from mobilenet_perception.street.shapes import Colour
from mobilenet_perception.street.signals import TRAFFIC_LIGHTS
from mobilenet_perception.street.world import Signal

_STEEL: Colour = (126, 130, 134)
_RADIUS = 0.055
# It turns a third in a tenth of a second.
_SPEED = 10 * gazebo.THIRD
_STATE_RATE_HZ = 50.0
# Lamps shine by themselves: half of what shows does not depend on daylight.
_GLOW = 0.5


def light_model(signal: Signal, street: str, name: str) -> Element:
    """Return the model of a light; its origin is on the ground below the middle of the board.

    Args:
        signal: the light.
        street: model that has the mesh of boards.
        name: of this model.
    """
    away = gazebo.depth(signal.size)
    height = signal.position.z - 0.47 * signal.size
    pole = elements.cylinder(_RADIUS, height)
    place = (-away, 0.0, height / 2)
    return elements.element(
        'model',
        elements.element(
            'link',
            elements.collision('post', pole, place),
            elements.visual('post', pole, elements.paint(_STEEL), place),
            name='post',
        ),
        _drum(signal, street, name, away),
        elements.element(
            'joint', *elements.values(parent='world', child='post'), name='foot', type='fixed'
        ),
        elements.element(
            'joint',
            *elements.values(parent='post', child='drum'),
            elements.element(
                'axis',
                elements.element('xyz', text=(0, 0, 1)),
                elements.element('limit', *elements.values(lower=-1e16, upper=1e16)),
            ),
            name=TURN,
            type='revolute',
        ),
        elements.plugin(
            'joint-position-controller',
            'JointPositionController',
            joint_name=TURN,
            use_velocity_commands=True,
            cmd_max=_SPEED,
            initial_position=gazebo.angle_of(signal.programme[0].label),
        ),
        elements.plugin(
            'joint-state-publisher',
            'JointStatePublisher',
            joint_name=TURN,
            update_rate=_STATE_RATE_HZ,
        ),
        name=name,
    )


def _drum(signal: Signal, street: str, name: str, away: float) -> Element:
    own, shared = Uris(name), Uris(street)
    faces = []
    for index, label in enumerate(TRAFFIC_LIGHTS):
        turn = index * gazebo.THIRD
        uri = own.texture(signal_name(label, signal.variant))
        pose = (away * math.cos(turn), away * math.sin(turn), 0, 0, 0, turn)
        faces.append(
            elements.visual(
                label,
                elements.board(shared.board, signal.size, signal.size),
                elements.picture(uri, brightness=1.0 - _GLOW, glow=_GLOW),
                pose,
            )
        )
    inertia = elements.values(ixx=0.05, iyy=0.05, izz=0.05, ixy=0.0, ixz=0.0, iyz=0.0)
    return elements.element(
        'link',
        elements.element('pose', text=(-away, 0, signal.position.z, 0, 0, 0)),
        elements.element(
            'inertial', *elements.values(mass=1.0), elements.element('inertia', *inertia)
        ),
        *faces,
        name='drum',
    )
