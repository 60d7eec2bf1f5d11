# SPDX-License-Identifier: Apache-2.0
"""Models of a street: all that stands still in one, and each traffic light, whose drum turns."""

import math
from xml.etree.ElementTree import Element

from gazebo_world import elements
from gazebo_world.pictures import ground_strips
from mobilenet_perception.street import TRAFFIC_LIGHTS, Signal, World, gazebo
from mobilenet_perception.street.shapes import Colour
from mobilenet_perception.street.world import Building, Ground, Obstacle, Post, Tree

# The drawn street is flat; here the road lies lower, and a robot that leaves the pavement falls.
KERB_HEIGHT = 0.1
_KERB_WIDTH = 0.14
_KERB: Colour = (172, 172, 168)
# What lies on a surface is drawn so far before it, metres.
_BEFORE = 0.005
_THICK = 0.2
_TRUNK_RADIUS = 0.12
_UP = -math.pi / 2
_STEEL: Colour = (126, 130, 134)
_LIGHT_RADIUS = 0.055
# A drum turns a third in a tenth of a second.
_DRUM_SPEED = 10 * gazebo.THIRD
_STATE_RATE_HZ = 50.0
# Lamps shine by themselves: half of what shows does not depend on daylight.
_GLOW = 0.5


class Uris:
    """Where the files of a street's model are."""

    def __init__(self, model: str) -> None:
        self._root = f'model://{model}'

    @property
    def board(self) -> str:
        """The mesh of a board."""
        return f'{self._root}/meshes/board.obj'

    def texture(self, name: str) -> str:
        """Return a texture."""
        return f'{self._root}/textures/{name}'


def street_model(world: World, name: str) -> Element:
    """Return the model of all of a world that stands still."""
    uris = Uris(name)
    # A robot that leaves the street must not fall for ever.
    below = elements.collision('below', elements.plane(), (0, 0, -KERB_HEIGHT - _BEFORE))
    parts = [below, *_ground(world.ground, uris)]
    for index, house in enumerate(world.buildings):
        parts += _house(index, house, uris)
    for index, tree in enumerate(world.trees):
        parts += _tree(index, tree, uris)
    changing = {(light.position.x, light.position.y) for light in gazebo.lights(world)}
    for index, post in enumerate(world.posts):
        # A light has its post in its own model.
        if all(math.dist(post.position[:2], place) > 0.1 for place in changing):
            parts += _post(index, post)
    for index, obstacle in enumerate(world.obstacles):
        parts += _obstacle(index, obstacle)
    for signal in world.signals:
        if len(signal.programme) == 1:
            parts += _sign(signal, uris)
    return elements.element(
        'model',
        elements.element('static', text=True),
        elements.element('link', *parts, name='link'),
        name=name,
    )


def light_model(signal: Signal, street: str, name: str) -> Element:
    """Return the model of a light; its origin is on the ground below the middle of the board.

    Args:
        signal: the light.
        street: model that has the mesh of boards.
        name: of this model.
    """
    away = gazebo.depth(signal.size)
    # Up into the drum: what the boards show does not reach their lower edge.
    height = signal.position.z
    pole = elements.cylinder(_LIGHT_RADIUS, height)
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
            name=gazebo.TURN,
            type='revolute',
        ),
        elements.plugin(
            'joint-position-controller',
            'JointPositionController',
            joint_name=gazebo.TURN,
            use_velocity_commands=True,
            cmd_max=_DRUM_SPEED,
            initial_position=gazebo.angle_of(signal.programme[0].label),
        ),
        elements.plugin(
            'joint-state-publisher',
            'JointStatePublisher',
            joint_name=gazebo.TURN,
            update_rate=_STATE_RATE_HZ,
        ),
        name=name,
    )


def facade_name(index: int) -> str:
    """Return the file of a house's front."""
    return f'house_{index}.jpg'


def tree_name(shape: int) -> str:
    """Return the file of a tree's looks."""
    return f'tree_{shape}.png'


def signal_name(label: str, variant: int) -> str:
    """Return the file of what a signal shows."""
    return f'{label}_{variant}.png'


def _ground(ground: Ground, uris: Uris) -> list[Element]:
    parts: list[Element] = []
    middle, length = (ground.start + ground.end) / 2, ground.end - ground.start
    for name, (right, left) in ground_strips(ground).items():
        y, width = (right + left) / 2, left - right
        top = -KERB_HEIGHT if name == 'road' else 0.0
        block = elements.box((length, width, _THICK))
        surface = elements.board(uris.board, width, length)
        picture = elements.picture(uris.texture(f'{name}.jpg'))
        parts += [
            elements.collision(name, block, (middle, y, top - _THICK / 2)),
            elements.visual(name, surface, picture, (middle, y, top, 0, _UP, 0)),
        ]
    for name, y in (
        ('kerb_right', ground.kerb_right - _KERB_WIDTH / 2),
        ('kerb_left', ground.kerb_left + _KERB_WIDTH / 2),
    ):
        stone = elements.box((length, _KERB_WIDTH, KERB_HEIGHT))
        place = (middle, y, _BEFORE - KERB_HEIGHT / 2)
        parts.append(elements.visual(name, stone, elements.paint(_KERB), place))
    return parts


def _house(index: int, house: Building, uris: Uris) -> list[Element]:
    name = f'house_{index}'
    x, width = (house.start + house.end) / 2, house.end - house.start
    outwards = math.copysign(1.0, house.facade_y)
    y = house.facade_y + outwards * abs(house.depth) / 2
    body = elements.box((width, abs(house.depth), house.height))
    place = (x, y, house.height / 2)
    wall = elements.paint(tuple(round(0.78 * value) for value in house.colour))  # type: ignore[arg-type]
    front = (
        x,
        house.facade_y - outwards * _BEFORE,
        house.height / 2,
        0,
        0,
        -outwards * math.pi / 2,
    )
    return [
        elements.collision(name, body, place),
        elements.visual(name, body, wall, place),
        elements.visual(
            f'{name}_front',
            elements.board(uris.board, width, house.height),
            elements.picture(uris.texture(facade_name(index))),
            front,
        ),
    ]


def _tree(index: int, tree: Tree, uris: Uris) -> list[Element]:
    name = f'tree_{index}'
    x, y, _ = tree.position
    trunk = elements.cylinder(_TRUNK_RADIUS, tree.height / 2)
    parts = [elements.collision(name, trunk, (x, y, tree.height / 4))]
    # Two boards that cross look like a tree from every side.
    for turn, yaw in (('along', math.pi / 2), ('across', math.pi)):
        parts.append(
            elements.visual(
                f'{name}_{turn}',
                elements.board(uris.board, tree.height * 2 / 3, tree.height),
                elements.picture(uris.texture(tree_name(tree.shape)), both_sides=True),
                (x, y, tree.height / 2, 0, 0, yaw),
            )
        )
    return parts


def _post(index: int, post: Post) -> list[Element]:
    x, y, z = post.position
    pole = elements.cylinder(post.radius, post.height)
    place = (x, y, z + post.height / 2)
    name = f'post_{index}'
    return [
        elements.collision(name, pole, place),
        elements.visual(name, pole, elements.paint(post.colour), place),
    ]


def _obstacle(index: int, obstacle: Obstacle) -> list[Element]:
    x, y, z = obstacle.position
    block = elements.box(obstacle.size)
    place = (x, y, z + obstacle.size[2] / 2)
    name = f'obstacle_{index}'
    return [
        elements.collision(name, block, place),
        elements.visual(name, block, elements.paint(obstacle.colour), place),
    ]


def _sign(signal: Signal, uris: Uris) -> list[Element]:
    uri = uris.texture(signal_name(signal.programme[0].label, signal.variant))
    x, y, z = signal.position
    board = elements.board(uris.board, signal.size, signal.size)
    return [
        elements.visual(signal.name, board, elements.picture(uri), (x, y, z, 0, 0, signal.yaw)),
        # Its back: the same outline, dark.
        elements.visual(
            f'{signal.name}_back',
            board,
            elements.picture(uri, brightness=0.1),
            (x, y, z, 0, 0, signal.yaw + math.pi),
        ),
    ]


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
