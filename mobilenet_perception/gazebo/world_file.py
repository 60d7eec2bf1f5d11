# SPDX-License-Identifier: Apache-2.0
"""The world of Gazebo: light, physics, and the models that stand in it."""

from xml.etree.ElementTree import Element

from mobilenet_perception.gazebo import elements
from mobilenet_perception.gazebo.names import ROBOT, lights
from mobilenet_perception.simulation.textures import light_gains
from mobilenet_perception.simulation.world import Lighting, World

# Every step is a message on /clock, and each costs a node in Python a third of a millisecond.
STEP_S = 0.004
_SUN, _AMBIENT = 0.75, 0.55
# From behind the robot, so that it lights what faces the robot.
_SUN_DIRECTION = (0.55, 0.25, -0.8)


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
        *_light(world.lighting),
        *included,
        name=world.name,
    )


def _light(lighting: Lighting) -> list[Element]:
    gains = light_gains(lighting).tolist()

    def scaled(share: float) -> tuple[float, ...]:
        return (*(min(1.0, share * gain) for gain in gains), 1.0)

    horizon = (*(value / 255 for value in lighting.horizon), 1.0)
    return [
        elements.element(
            'scene',
            *elements.values(ambient=scaled(_AMBIENT), background=horizon, grid=False),
        ),
        elements.element(
            'light',
            *elements.values(
                pose=(0, 0, 20, 0, 0, 0),
                cast_shadows=True,
                diffuse=scaled(_SUN),
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
