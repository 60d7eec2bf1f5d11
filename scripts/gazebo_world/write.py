# SPDX-License-Identifier: Apache-2.0
"""The files of the street in Gazebo, made from the world that the drawn drive shows."""

import math
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from gazebo_world import elements
from gazebo_world.pictures import (
    BOARD_MATERIAL,
    BOARD_MESH,
    encoded,
    facade_picture,
    ground_pictures,
    signal_picture,
    tree_picture,
)
from gazebo_world.robot import robot_model
from gazebo_world.street import facade_name, light_model, signal_name, street_model, tree_name
from mobilenet_perception.frames.signal_map import MapSignal, SignalMap, signal_map_text
from mobilenet_perception.street import (
    TIMES_OF_DAY,
    TRAFFIC_LIGHTS,
    Signal,
    World,
    extent,
    sidewalk_world,
)
from mobilenet_perception.street.camera import board_corners
from mobilenet_perception.street.gazebo import (
    BRIDGE,
    MAP_FRAME,
    ROBOT,
    SIGNAL_MAP,
    BridgedTopic,
    bridged,
    lights,
    world_path,
)
from mobilenet_perception.street.shapes import Pixels
from mobilenet_perception.street.textures import light_gains
from mobilenet_perception.street.world import Lighting
from mobilenet_perception.system.files import write_atomically

# Every step is a message on /clock, and each costs a node in Python a third of a millisecond.
STEP_S = 0.004
# Brightness of the sun beside that of the sky. Of what falls on a surface ogre2 gives back 1 / pi:
# (1.0 + 2.5 * 0.6) / pi = 0.8 from a board that faces the robot, 0.95 from the ground, so that
# nothing is brighter than its picture.
_SUN = 2.5
# From behind the robot, so that it lights what faces the robot; nearly along the street, or the
# houses' shadows lie on the pavement and its signs.
_SUN_DIRECTION = (0.6, 0.05, -0.8)
# Gains of the drawn drive scale grey levels; light goes by about this power of them.
_GAMMA = 2.2
_MAP_COMMENT = """SPDX-License-Identifier: Apache-2.0
The signals of the simulated street, for the node signal_regions: docs/regions.md says what the
keys mean. Made by scripts/write_world.py."""
# Of the ground's texture, as the drawn drive has it.
_SEED = 0


def write_simulation(folder: Path) -> list[Path]:
    """Write every file below a folder; returns their paths."""
    written = []
    for path, content in simulation_files():
        write_atomically(folder / path, content)
        written.append(folder / path)
    return written


def simulation_files() -> Iterator[tuple[Path, str | bytes]]:
    """Yield every file, its path relative to the package's share folder, and what is in it."""
    world = sidewalk_world()
    names = {'street': f'{world.name}_street'}
    names |= {light.name: f'{world.name}_{light.name}' for light in lights(world)}
    for time_of_day in TIMES_OF_DAY:
        element = world_element(sidewalk_world(time_of_day), names)
        yield world_path(time_of_day), elements.document(element)
    yield BRIDGE, _bridge(bridged(world))
    yield SIGNAL_MAP, signal_map_text(mapped_signals(world), _MAP_COMMENT)
    yield from _street(world, names['street'])
    for light in lights(world):
        yield from _light(light, names['street'], names[light.name])
    folder = Path('models') / ROBOT
    yield folder / 'model.config', elements.model_config(ROBOT, 'A robot with three cameras.')
    yield folder / 'model.sdf', elements.document(robot_model(world))


def mapped_signals(world: World) -> SignalMap:
    """Return the signals of a world as a surveyor would map them: what is seen of each board."""
    found = []
    for signal in world.signals:
        label, variant = signal.programme[0].label, signal.variant
        left, top, right, bottom = extent(label, variant)
        corners = board_corners(signal, (left, top, right, bottom))
        # Opposite ones.
        x, y, z = ((a + b) / 2 for a, b in zip(corners[0], corners[2], strict=True))
        size = ((right - left) * signal.size, (bottom - top) * signal.size)
        kind = label if len(signal.programme) == 1 else 'traffic_light'
        found.append(MapSignal(signal.name, kind, (x, y, z), math.degrees(signal.yaw), size))
    return SignalMap(MAP_FRAME, found)


def world_element(world: World, models: dict[str, str]) -> Element:
    """Return the world.

    Args:
        world: what it shows.
        models: name of the model of the street and of each light, by `street` and the light.
    """
    included = [_include('street', models['street'])]
    for light in lights(world):
        x, y, _ = light.position
        included.append(_include(light.name, models[light.name], (x, y, 0, 0, 0, light.yaw)))
    start = world.route[0]
    included.append(_include(ROBOT, ROBOT, (start.x, start.y, 0, 0, 0, start.yaw)))
    return elements.element(
        'world',
        elements.element(
            'physics',
            *elements.values(max_step_size=STEP_S, real_time_factor=1.0),
            name='physics',
            type='ignored',
        ),
        elements.plugin('physics', 'Physics'),
        elements.plugin('user-commands', 'UserCommands'),
        elements.plugin('scene-broadcaster', 'SceneBroadcaster'),
        elements.plugin('sensors', 'Sensors', render_engine='ogre2'),
        *_light_elements(world.lighting),
        *included,
        name=world.name,
    )


def _street(world: World, name: str) -> Iterator[tuple[Path, str | bytes]]:
    folder = Path('models') / name
    yield folder / 'model.config', elements.model_config(name, 'A street with signs.')
    yield folder / 'model.sdf', elements.document(street_model(world, name))
    yield folder / 'meshes' / 'board.obj', BOARD_MESH
    yield folder / 'meshes' / 'board.mtl', BOARD_MATERIAL
    pictures: dict[str, Pixels] = {
        f'{strip}.jpg': pixels for strip, pixels in ground_pictures(world.ground, _SEED).items()
    }
    for index, house in enumerate(world.buildings):
        pictures[facade_name(index)] = facade_picture(house)
    for shape in sorted({tree.shape for tree in world.trees}):
        pictures[tree_name(shape)] = tree_picture(shape)
    for signal in world.signals:
        if len(signal.programme) == 1:
            label = signal.programme[0].label
            pictures[signal_name(label, signal.variant)] = signal_picture(label, signal.variant)
    for file, pixels in pictures.items():
        yield folder / 'textures' / file, encoded(file, pixels)


def _light(light: Signal, street: str, name: str) -> Iterator[tuple[Path, str | bytes]]:
    folder = Path('models') / name
    yield folder / 'model.config', elements.model_config(name, 'A traffic light that changes.')
    yield folder / 'model.sdf', elements.document(light_model(light, street, name))
    for label in TRAFFIC_LIGHTS:
        file = signal_name(label, light.variant)
        yield folder / 'textures' / file, encoded(file, signal_picture(label, light.variant))


def _bridge(topics: list[BridgedTopic]) -> str:
    lines = [
        '# SPDX-License-Identifier: Apache-2.0',
        '# What ros_gz_bridge carries; images have ros_gz_image. Made by scripts/write_world.py.',
    ]
    for topic in topics:
        lines += [
            f'- ros_topic_name: {topic.ros}',
            f'  gz_topic_name: {topic.gazebo}',
            f'  ros_type_name: {topic.ros_type}',
            f'  gz_type_name: {topic.gazebo_type}',
            f'  direction: {"GZ_TO_ROS" if topic.to_ros else "ROS_TO_GZ"}',
            f'  lazy: {str(topic.lazy).lower()}',
        ]
    return '\n'.join(lines) + '\n'


def _light_elements(lighting: Lighting) -> list[Element]:
    gains = light_gains(lighting).tolist()

    colour = (*(min(1.0, gain**_GAMMA) for gain in gains), 1.0)
    horizon = (*(elements.linear(value / 255) for value in lighting.horizon), 1.0)
    return [
        elements.element(
            'scene',
            *elements.values(ambient=colour, background=horizon, grid=False),
        ),
        elements.element(
            'light',
            *elements.values(
                pose=(0, 0, 20, 0, 0, 0),
                cast_shadows=True,
                diffuse=colour,
                intensity=_SUN,
                specular=(0.1, 0.1, 0.1, 1.0),
                direction=_SUN_DIRECTION,
            ),
            name='sun',
            type='directional',
        ),
    ]


def _include(name: str, model: str, pose: tuple[float, ...] = (0, 0, 0, 0, 0, 0)) -> Element:
    return elements.element(
        'include', *elements.values(name=name, pose=pose, uri=f'model://{model}')
    )
