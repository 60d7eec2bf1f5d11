# SPDX-License-Identifier: Apache-2.0
"""All files of the simulation, made from the world that the drawn drive shows."""

from collections.abc import Iterator
from pathlib import Path

from mobilenet_perception.files import write_atomically
from mobilenet_perception.gazebo import elements
from mobilenet_perception.gazebo.light import light_model
from mobilenet_perception.gazebo.names import ROBOT, Topic, bridged, lights
from mobilenet_perception.gazebo.pictures import (
    BOARD_MESH,
    encoded,
    facade_picture,
    ground_pictures,
    signal_picture,
    tree_picture,
)
from mobilenet_perception.gazebo.robot import robot_model
from mobilenet_perception.gazebo.street import facade_name, signal_name, street_model, tree_name
from mobilenet_perception.gazebo.world_file import world_element
from mobilenet_perception.simulation.labels import TRAFFIC_LIGHTS
from mobilenet_perception.simulation.shapes import Pixels
from mobilenet_perception.simulation.sidewalk import TIMES_OF_DAY, sidewalk_world
from mobilenet_perception.simulation.world import Signal, World

BRIDGE = Path('config/gazebo_bridge.yaml')
# Of the ground's texture, as the drawn drive has it.
_SEED = 0


def world_path(time_of_day: str) -> Path:
    """Return the world's file, relative to the package's share folder."""
    suffix = '' if time_of_day == TIMES_OF_DAY[0] else f'_{time_of_day}'
    return Path(f'worlds/sidewalk{suffix}.sdf')


def simulation_files() -> Iterator[tuple[Path, str | bytes]]:
    """Yield every file, its path relative to the package's share folder, and what is in it."""
    world = sidewalk_world()
    names = {'street': f'{world.name}_street'}
    names |= {light.name: f'{world.name}_{light.name}' for light in lights(world)}
    for time_of_day in TIMES_OF_DAY:
        element = world_element(sidewalk_world(time_of_day), names)
        yield world_path(time_of_day), elements.document(element)
    yield BRIDGE, _bridge(bridged(world))
    yield from _street(world, names['street'])
    for light in lights(world):
        yield from _light(light, names['street'], names[light.name])
    folder = Path('models') / ROBOT
    yield folder / 'model.config', elements.model_config(ROBOT, 'A robot with three cameras.')
    yield folder / 'model.sdf', elements.document(robot_model(world))


def write_simulation(folder: Path) -> list[Path]:
    """Write every file below a folder; returns their paths."""
    written = []
    for path, content in simulation_files():
        write_atomically(folder / path, content)
        written.append(folder / path)
    return written


def _street(world: World, name: str) -> Iterator[tuple[Path, str | bytes]]:
    folder = Path('models') / name
    yield folder / 'model.config', elements.model_config(name, 'A street with signs.')
    yield folder / 'model.sdf', elements.document(street_model(world, name))
    yield folder / 'meshes' / 'board.obj', BOARD_MESH
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


def _bridge(topics: list[Topic]) -> str:
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
