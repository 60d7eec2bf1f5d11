# SPDX-License-Identifier: Apache-2.0
"""Textures of a street: ground, house fronts, trees, sky. Data for any renderer."""

import cv2
import numpy as np
import numpy.typing as npt

from mobilenet_perception.street.shapes import Colour, Pixels
from mobilenet_perception.street.world import Building, Ground, Lighting

Plane = npt.NDArray[np.float32]

GROUND_SCALE = 40.0
FACADE_SCALE = 40.0
# The sky image spans this many radians across; its last row is the horizon.
SKY_SPAN = np.pi
_TREE_SIZE = (256, 384)


def lit(pixels: Plane | Pixels, lighting: Lighting) -> Pixels:
    """Return RGB pixels under daylight: exposure and colour of the light, uint8."""
    return np.clip(pixels[..., :3] * light_gains(lighting), 0, 255).astype(np.uint8)


def light_gains(lighting: Lighting) -> Plane:
    """Return by how much daylight scales red, green and blue, (3,) float32."""
    warm = 0.13 * lighting.warmth
    gains: Plane = (lighting.brightness * np.array([1 + warm, 1 + 0.2 * warm, 1 - warm])).astype(
        np.float32
    )
    return gains


def ground_texture(ground: Ground, seed: int) -> Pixels:
    """Return the ground from above, (rows along y, columns along x, 3) uint8 RGB.

    Row 0 is y = `facade_right`, column 0 is x = `start`, at `GROUND_SCALE` pixels a metre.
    """
    rng = np.random.default_rng([seed, 2])
    rows = round((ground.facade_left - ground.facade_right) * GROUND_SCALE)
    columns = round((ground.end - ground.start) * GROUND_SCALE)
    # One slice of 8 m is noise enough: it repeats along the street.
    grain = _grain(rng, rows, round(8 * GROUND_SCALE))
    grain = np.tile(grain, (1, columns // grain.shape[1] + 1))[:, :columns]
    picture = np.empty((rows, columns, 3), np.float32)
    picture[:] = (92, 93, 97)

    def row(y: float) -> int:
        return round((y - ground.facade_right) * GROUND_SCALE)

    def column(x: float) -> int:
        return round((x - ground.start) * GROUND_SCALE)

    for low, high in (
        (ground.facade_right, ground.kerb_right),
        (ground.kerb_left, ground.facade_left),
    ):
        _pave(rng, picture[row(low) : row(high)])
    for kerb in (ground.kerb_right, ground.kerb_left):
        picture[row(kerb - 0.14) : row(kerb)] = (172, 172, 168)
        picture[row(kerb) : row(kerb + 0.05)] = (58, 58, 60)
    picture[row(ground.kerb_right + 2.2) : row(ground.kerb_right + 2.3)] = (176, 176, 172)
    middle = row((ground.kerb_right + 2.2 + ground.kerb_left) / 2)
    for x in np.arange(ground.start, ground.end, 6.0).tolist():
        picture[middle - 2 : middle + 3, column(x) : column(x + 3.0)] = (208, 208, 204)
    for start, end in ground.crossings:
        side_street = picture[: row(ground.kerb_right), column(start) : column(end)]
        side_street[:] = (88, 89, 93)
        for x in np.arange(start + 0.4, end - 0.5, 0.9).tolist():
            bar = slice(column(x), column(x + 0.45))
            picture[row(-1.4) : row(1.2), bar] = (216, 216, 212)
        for edge in (start, end):
            picture[: row(ground.kerb_right), column(edge) - 3 : column(edge) + 3] = 150
    picture *= grain[..., None]
    return np.clip(picture, 0, 255).astype(np.uint8)


def facade_texture(building: Building) -> Pixels:
    """Return the front of a house, (rows down from the roof, columns along x, 3) uint8 RGB."""
    rng = np.random.default_rng(building.style)
    scale = FACADE_SCALE
    rows = round(building.height * scale)
    columns = round((building.end - building.start) * scale)
    picture = np.empty((rows, columns, 3), np.float32)
    picture[:] = building.colour
    picture *= _grain(rng, rows, columns)[..., None]
    picture[: round(0.9 * scale)] = _roof(rng, round(0.9 * scale), columns)
    picture[round(0.9 * scale) : round(1.1 * scale)] *= 0.72
    picture[rows - round(0.5 * scale) :] *= 0.6
    bays = max(2, round((building.end - building.start) / 2.3))
    storeys = max(2, round((building.height - 1.2) / 2.9))
    bay, storey = columns / bays, (rows - 1.2 * scale) / storeys
    door = int(rng.integers(bays))
    shop = rng.random() < 0.35
    for level in range(storeys):
        for index in range(bays):
            left, bottom = (index + 0.5) * bay, rows - level * storey
            if level == 0 and index == door:
                _opening(picture, left, bottom, size=(1.1, 2.25), colour=(96, 62, 44), rng=rng)
            elif level == 0 and shop:
                _opening(
                    picture,
                    left,
                    bottom - 0.5 * scale,
                    size=(1.9, 1.9),
                    colour=(60, 76, 88),
                    rng=rng,
                )
            else:
                _opening(
                    picture,
                    left,
                    bottom - 0.95 * scale,
                    size=(1.05, 1.5),
                    colour=(62, 78, 94),
                    rng=rng,
                )
    return np.clip(picture, 0, 255).astype(np.uint8)


def tree_texture(shape: int) -> Pixels:
    """Return a tree, (384, 256, 4) uint8 RGBA, its trunk's foot in the middle of the last row."""
    rng = np.random.default_rng([shape, 3])
    width, height = _TREE_SIZE
    picture = np.zeros((height, width, 4), np.uint8)
    trunk = np.array([(118, height), (138, height), (133, 190), (123, 190)], np.int32)
    cv2.fillConvexPoly(picture, trunk, (84, 66, 52, 255))
    base = np.array(((70, 104, 50), (86, 116, 54), (58, 92, 56), (112, 112, 48))[shape % 4])
    spots = rng.normal(0.0, 1.0, (620, 2)) * (48, 54) + (128, 130)
    # Low, dark leaves first: light falls from above.
    for x, y in sorted(spots.tolist(), key=lambda spot: -spot[1]):
        if ((x - 128) / 122) ** 2 + ((y - 130) / 125) ** 2 > 0.9:
            continue
        shade = 1.15 - 0.5 * (y / 250) + rng.uniform(-0.12, 0.12)
        colour = np.clip(base * shade, 0, 255)
        cv2.circle(
            picture, (int(x), int(y)), int(rng.integers(5, 13)), (*colour.tolist(), 255), -1
        )
    return picture


def sky_texture(lighting: Lighting, columns: int, rows: int, seed: int) -> Pixels:
    """Return the sky, (rows, columns, 3) uint8 RGB: `SKY_SPAN` across, the horizon at its foot."""
    rng = np.random.default_rng([seed, 4])
    down = np.linspace(0.0, 1.0, rows, dtype=np.float32)[:, None, None] ** 1.4
    sky, horizon = np.array(lighting.sky, np.float32), np.array(lighting.horizon, np.float32)
    picture = sky * (1 - down) + horizon * down
    clouds: Plane = np.zeros((rows, columns), np.float32)
    for octave in (3, 6, 12, 24):
        noise = rng.normal(0.0, 1.0 / octave, (octave, octave * 2)).astype(np.float32)
        cv2.add(
            clouds,
            cv2.resize(noise, (columns, rows), interpolation=cv2.INTER_CUBIC),
            dst=clouds,
        )
    cover = np.clip((clouds * 1.6 + lighting.clouds - 0.35) * 1.6, 0.0, 0.9)[..., None]
    picture = picture * (1 - cover) + np.array((240, 241, 243), np.float32) * cover
    _skyline(rng, picture, horizon)
    return lit(np.broadcast_to(picture, (rows, columns, 3)), lighting)


def _grain(rng: np.random.Generator, rows: int, columns: int) -> Plane:
    """Return factors around 1: fine grain over larger stains."""
    fine = rng.normal(1.0, 0.045, (rows, columns)).astype(np.float32)
    coarse = rng.normal(0.0, 0.04, (max(2, rows // 24), max(2, columns // 24)))
    stains = cv2.resize(coarse.astype(np.float32), (columns, rows), interpolation=cv2.INTER_CUBIC)
    return np.add(fine, stains, dtype=np.float32)


def _pave(rng: np.random.Generator, area: Plane) -> None:
    """Lay slabs of half a metre in broken bond."""
    side = round(0.5 * GROUND_SCALE)
    for index, top in enumerate(range(0, area.shape[0], side)):
        shift = side // 2 if index % 2 else 0
        count = area.shape[1] // side + 2
        shades = rng.normal(1.0, 0.05, count).repeat(side)[shift : shift + area.shape[1]]
        strip = area[top : top + side]
        strip[:] = np.array((158, 154, 148), np.float32) * shades[None, :, None]
        strip[:2] *= 0.72
        for joint in (0, 1):
            strip[:, (side - shift + joint) % side :: side] *= 0.78


def _roof(rng: np.random.Generator, rows: int, columns: int) -> Plane:
    colour = np.array(((138, 70, 52), (96, 86, 84), (118, 62, 50))[int(rng.integers(3))])
    roof = np.empty((rows, columns, 3), np.float32)
    roof[:] = colour
    roof[:: max(1, round(0.22 * FACADE_SCALE))] *= 0.75
    roof[-3:] = (70, 72, 74)
    return roof


def _opening(
    picture: Plane,
    centre: float,
    bottom: float,
    *,
    size: tuple[float, float],
    colour: Colour,
    rng: np.random.Generator,
) -> None:
    """Put a window or a door with a light frame into a front; size in metres."""
    half, height = size[0] * FACADE_SCALE / 2, size[1] * FACADE_SCALE
    left, right = max(0, round(centre - half)), round(centre + half)
    top, foot = max(0, round(bottom - height)), round(bottom)
    frame = 3
    picture[top:foot, left:right] = (206, 204, 198)
    pane = picture[top + frame : foot - frame, left + frame : right - frame]
    shine = np.linspace(1.35, 0.75, max(1, pane.shape[0]), dtype=np.float32)[:, None, None]
    pane[:] = np.array(colour, np.float32) * shine * rng.uniform(0.75, 1.3)
    if rng.random() < 0.4:
        pane[: round(pane.shape[0] * rng.uniform(0.15, 0.6))] = (198, 190, 176)
    middle = (left + right) // 2
    picture[top:foot, middle - 1 : middle + 1] = (190, 188, 182)


def _skyline(rng: np.random.Generator, picture: Plane, horizon: Plane) -> None:
    """Draw far roofs and trees, pale with haze, along the foot of the sky."""
    rows, columns = picture.shape[:2]
    x = 0
    while x < columns:
        width, height = int(rng.integers(10, 44)), int(rng.integers(6, 30))
        colour = np.array(((150, 160, 150), (166, 160, 158), (146, 158, 140))[rng.integers(3)])
        picture[rows - height :, x : x + width] = colour * 0.6 + horizon * 0.4
        x += width
