# SPDX-License-Identifier: Apache-2.0
"""Streets to drive through: houses, trees and lamps along them, and random ones for training."""

import math
from collections.abc import Sequence

import numpy as np

from mobilenet_perception.street.shapes import Colour
from mobilenet_perception.street.signals import SIGNAL_LABELS, TRAFFIC_LIGHTS, variants
from mobilenet_perception.street.world import (
    Building,
    Ground,
    Lighting,
    Phase,
    Position,
    Post,
    Signal,
    Tree,
    Waypoint,
    World,
)

TO_ROBOT = math.pi
_STEEL: Colour = (126, 130, 134)
_PLASTER: tuple[Colour, ...] = (
    (214, 198, 168),
    (190, 152, 126),
    (196, 200, 196),
    (222, 208, 190),
    (168, 92, 74),
    (176, 186, 170),
    (206, 178, 122),
)
_STREET_END = 120.0

_RED, _YELLOW, _GREEN = TRAFFIC_LIGHTS


def random_world(seed: int) -> World:
    """Return a street of 30 s with signals, houses and light drawn by chance.

    Args:
        seed: the same seed gives the same world.
    """
    rng = np.random.default_rng(seed)
    speed = float(rng.uniform(1.2, 2.2))
    signals: list[Signal] = []
    x = float(rng.uniform(4.0, 9.0))
    labels: list[str] = []
    while x < speed * 30.0 + 3.0:
        if not labels:
            labels = [str(label) for label in rng.permutation(np.array(SIGNAL_LABELS))]
        label = labels.pop()
        signals.append(_random_signal(rng, f'{label}_{len(signals)}', label, x))
        # One gap in six is long enough to see no signal at all.
        x += float(rng.uniform(9.0, 13.0) if rng.random() < 1 / 6 else rng.uniform(3.0, 5.5))
    times = np.linspace(0.0, 30.0, 9)
    route = tuple(
        Waypoint(
            float(t), float(t) * speed, float(rng.uniform(-0.25, 0.25)), float(rng.normal(0, 0.03))
        )
        for t in times
    )
    lighting = Lighting(
        brightness=float(rng.uniform(0.5, 1.12)),
        warmth=float(rng.uniform(-0.8, 1.0)),
        sky=_jitter(rng, (112, 156, 212), 30),
        horizon=_jitter(rng, (206, 216, 226), 22),
        clouds=float(rng.uniform(0.0, 1.0)),
    )
    crossing = float(rng.uniform(12.0, 40.0))
    return furnish(
        f'random_{seed}',
        signals,
        route=route,
        lighting=lighting,
        crossings=((crossing, crossing + 3.6),),
        seed=seed,
    )


def furnish(
    name: str,
    signals: Sequence[Signal],
    *,
    route: tuple[Waypoint, ...],
    lighting: Lighting,
    crossings: tuple[tuple[float, float], ...],
    seed: int,
) -> World:
    """Make a street: poles under its signals, and houses, trees and lamps along it.

    Args:
        name: of the world.
        signals: its signs and lights.
        route: of the robot.
        lighting: its daylight.
        crossings: (start, end) in x of side streets that cut the right pavement.
        seed: of houses and trees; the same seed gives the same street.
    """
    rng = np.random.default_rng([seed, 1])
    ground = Ground(-6.0, _STREET_END, -2.6, 1.9, 8.6, 11.0, crossings)
    posts = [
        Post(
            Position(s.position.x + 0.05, s.position.y, 0.0),
            s.position.z + s.size * 0.4,
            0.035 if len(s.programme) == 1 else 0.055,
            _STEEL,
        )
        for s in signals
    ]
    lamps = [Post(Position(x, 8.9, 0.0), 5.5, 0.07, (70, 76, 74)) for x in range(4, 100, 16)]
    trees = [
        Tree(
            Position(x + float(rng.uniform(-1, 1)), y, 0.0),
            float(rng.uniform(5.0, 7.0)),
            int(rng.integers(4)),
        )
        for y, xs in ((9.4, range(8, 110, 9)), (3.1, range(9, 110, 12)))
        for x in xs
    ]
    return World(
        name,
        ground,
        lighting,
        tuple(signals),
        (*posts, *lamps),
        tuple(trees),
        (
            *_row_of_houses(rng, ground.facade_right, -8.0, crossings),
            *_row_of_houses(rng, ground.facade_left, 8.0, ()),
        ),
        route,
    )


def _random_signal(rng: np.random.Generator, name: str, label: str, x: float) -> Signal:
    side = 1.0 if rng.random() < 0.5 else -1.0
    position = Position(x, side * float(rng.uniform(1.1, 1.6)), float(rng.uniform(1.5, 2.15)))
    # Boards turn a little towards the middle of the pavement, or away from it.
    yaw = TO_ROBOT + float(rng.normal(0.0, 0.16))
    programme: tuple[Phase, ...] = (Phase(label, 1.0),)
    size = float(rng.uniform(0.45, 0.75))
    if label in TRAFFIC_LIGHTS:
        turn = TRAFFIC_LIGHTS.index(label)
        order = [(_RED, _YELLOW, _GREEN)[(turn - i) % 3] for i in range(3)]
        programme = tuple(Phase(shown, float(rng.uniform(1.0, 5.0))) for shown in order)
        size = float(rng.uniform(0.7, 1.0))
    return Signal(name, programme, int(rng.integers(variants(label))), position, yaw, size)


def _row_of_houses(
    rng: np.random.Generator,
    facade_y: float,
    depth: float,
    gaps: tuple[tuple[float, float], ...],
) -> list[Building]:
    houses: list[Building] = []
    start = -6.0
    while start < _STREET_END:
        end = start + float(rng.uniform(7.0, 13.0))
        colour = _jitter(rng, _PLASTER[int(rng.integers(len(_PLASTER)))], 14)
        height, style = float(rng.uniform(6.8, 12.5)), int(rng.integers(1 << 16))
        following = end
        for gap in gaps:
            if start < gap[1] and gap[0] < end:
                # A side street goes through here: the house ends before it.
                end, following = gap[0] - 0.4, gap[1] + 0.4
        if end - start > 2.0:
            houses.append(Building(start, end, facade_y, depth, height, colour, style))
        start = following
    return houses


def _jitter(rng: np.random.Generator, colour: Colour, amount: int) -> Colour:
    red, green, blue = (
        int(np.clip(value + rng.integers(-amount, amount + 1), 0, 255)) for value in colour
    )
    return (red, green, blue)
