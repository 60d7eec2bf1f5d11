# SPDX-License-Identifier: Apache-2.0
"""XML elements of SDF: plain ones, shapes, materials, and whole files."""

from collections.abc import Iterable
from xml.etree.ElementTree import Element, indent, tostring

from mobilenet_perception.street.shapes import Colour

# Understood by Harmonic's parser and newer, and by that of Debian 12.
SDF_VERSION = '1.9'

Value = str | float | bool | Iterable[float]


def element(tag: str, *children: Element, text: Value | None = None, **attributes: str) -> Element:
    """Return an element with children, or with a text: numbers are joined by spaces."""
    made = Element(tag, attributes)
    made.extend(children)
    if text is not None:
        made.text = _text(text)
    return made


def values(**pairs: Value) -> list[Element]:
    """Return an element for each name, its value as its text."""
    return [element(name, text=value) for name, value in pairs.items()]


def plugin(filename: str, name: str, **parameters: Value) -> Element:
    """Return a system of Gazebo."""
    return element(
        'plugin',
        *values(**parameters),
        filename=f'gz-sim-{filename}-system',
        name=f'gz::sim::systems::{name}',
    )


def box(size: Iterable[float]) -> Element:
    """Return the geometry of a box, its sides in metres."""
    return element('geometry', element('box', element('size', text=size)))


def cylinder(radius: float, length: float) -> Element:
    """Return the geometry of an upright cylinder, in metres."""
    return element('geometry', element('cylinder', *values(radius=radius, length=length)))


def sphere(radius: float) -> Element:
    """Return the geometry of a sphere, in metres."""
    return element('geometry', element('sphere', element('radius', text=radius)))


def board(mesh: str, width: float, height: float) -> Element:
    """Return the geometry of the board of `pictures.BOARD_MESH`, in metres."""
    scale = (1.0, width, height)
    return element('geometry', element('mesh', *values(uri=mesh, scale=scale)))


def linear(value: float) -> float:
    """Return a share of sRGB as a share of light, both 0 to 1 (IEC 61966-2-1).

    Of colours, ogre2 takes shares of light; of textures, sRGB.
    """
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def paint(colour: Colour) -> Element:
    """Return a material of one colour."""
    share = tuple(linear(value / 255) for value in colour)
    return element('material', *values(ambient=(*share, 1.0), diffuse=(*share, 1.0)))


def picture(
    uri: str, brightness: float = 1.0, glow: float = 0.0, both_sides: bool = False
) -> Element:
    """Return a material that shows a picture.

    Args:
        uri: of the PNG or JPEG; where its alpha is below one half nothing shows.
        brightness: share of the light that falls on it and comes back, 0 to 1.
        glow: how much light it gives by itself, as a share of its own colour, 0 to 1.
        both_sides: whether it shows from behind too.
    """
    maps = {'albedo_map': uri, 'metalness': '0', 'roughness': '0.9'}
    if glow:
        maps['emissive_map'] = uri
    tone = (brightness, brightness, brightness, 1.0)
    return element(
        'material',
        *values(ambient=tone, diffuse=tone, specular=(0.0, 0.0, 0.0, 1.0)),
        *(values(emissive=(glow, glow, glow, 1.0)) if glow else ()),
        *(values(double_sided=True) if both_sides else ()),
        element('pbr', element('metal', *values(**maps))),
    )


def plane() -> Element:
    """Return the geometry of a level plane without end."""
    upwards = values(normal=(0, 0, 1), size=(1, 1))
    return element('geometry', element('plane', *upwards))


def visual(name: str, geometry: Element, material: Element, pose: Iterable[float] = ()) -> Element:
    """Return something to see; `pose` is x, y, z, roll, pitch, yaw."""
    return element('visual', *_pose(pose), geometry, material, name=name)


def collision(name: str, geometry: Element, pose: Iterable[float] = ()) -> Element:
    """Return something to run into; it may be called as what one sees of it."""
    return element('collision', *_pose(pose), geometry, name=f'{name}_collision')


def document(root: Element) -> str:
    """Return an SDF file around a world or a model."""
    sdf = element('sdf', root, version=SDF_VERSION)
    return _file(sdf)


def model_config(name: str, description: str) -> str:
    """Return the file `model.config` that belongs to a `model.sdf`."""
    return _file(
        element(
            'model',
            *values(name=name, version='1.0'),
            element('sdf', text='model.sdf', version=SDF_VERSION),
            *values(description=description),
        )
    )


def _file(root: Element) -> str:
    indent(root, '  ')
    heading = '<?xml version="1.0"?>\n<!-- SPDX-License-Identifier: Apache-2.0 -->\n'
    note = '<!-- Made by scripts/write_world.py of mobilenet_perception/simulation. -->\n'
    return f'{heading}{note}{tostring(root, encoding="unicode")}\n'


def _pose(pose: Iterable[float]) -> list[Element]:
    numbers = tuple(pose)
    return [element('pose', text=(*numbers, *(0.0,) * (6 - len(numbers))))] if numbers else []


def _text(value: Value) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f'{value + 0.0:.6g}'
    return ' '.join(_text(number) for number in value)
