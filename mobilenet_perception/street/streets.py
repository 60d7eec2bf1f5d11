# SPDX-License-Identifier: Apache-2.0
"""Streets to drive through: that of demo, tests and Gazebo, and random ones for training."""

import math
from collections.abc import Sequence

import numpy as np

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.street.shapes import Colour
from mobilenet_perception.street.signals import SIGNAL_LABELS, TRAFFIC_LIGHTS, variant_count
from mobilenet_perception.street.world import (
    Building,
    Ground,
    Lighting,
    Obstacle,
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

# From here on: the street of the demo.
_LIGHTING = {
    'day': Lighting(0.98, 0.25, (104, 154, 216), (208, 220, 232), 0.5),
    'dusk': Lighting(0.62, 0.85, (86, 96, 142), (222, 164, 122), 0.35),
}
TIMES_OF_DAY = tuple(_LIGHTING)
_CROSSING = (25.6, 29.2)
# y of what stands beside the robot's way.
_LEFT, _RIGHT = 1.3, -1.35
# Label, variant, x and y.
_SIGNS = (
    ('pedestrians', 0, 10.2, _LEFT),
    ('speed_limit', 0, 13.5, _RIGHT),
    ('bicycles_crossing', 0, 16.8, _LEFT),
    ('other_sign', 2, 20.1, _RIGHT),
    ('stop', 0, 33.6, _RIGHT),
    ('children_crossing', 0, 36.9, _LEFT),
    ('yield', 0, 40.2, _RIGHT),
    ('no_entry', 0, 43.5, _LEFT),
    ('road_work', 0, 46.8, _RIGHT),
    ('general_caution', 0, 50.1, _LEFT),
    ('priority_road', 0, 53.4, _RIGHT),
)
_PROGRAMME = (Phase(_GREEN, 11.4), Phase(_YELLOW, 1.2), Phase(_RED, 2.5), Phase(_GREEN, 45.0))
# The robot drives at 2.1 m/s, and waits at the crossing.
_ROUTE = (
    Waypoint(0.0, 0.0, 0.0, 0.0),
    Waypoint(4.0, 8.4, 0.08, 0.012),
    Waypoint(8.0, 16.8, -0.06, -0.012),
    Waypoint(11.9, 25.0, 0.0, 0.0),
    Waypoint(15.3, 25.0, 0.0, 0.0),
    Waypoint(20.3, 35.5, 0.07, 0.012),
    Waypoint(25.3, 46.0, -0.07, -0.012),
    Waypoint(30.0, 55.9, 0.0, 0.0),
)
_WOOD: Colour = (150, 112, 70)
_GREY: Colour = (112, 116, 118)
_BLUE: Colour = (48, 78, 122)
# Low: none hides a signal from a camera at 0.7 m. Benches, parcels, planters, a kerb stone's pile.
_OBSTACLES = (
    Obstacle(Position(6.2, -2.2, 0.0), (1.6, 0.45, 0.42), _WOOD),
    Obstacle(Position(15.2, 1.55, 0.0), (0.5, 0.5, 0.45), _GREY),
    Obstacle(Position(22.6, -2.1, 0.0), (0.7, 0.6, 0.5), _BLUE),
    Obstacle(Position(35.2, 1.5, 0.0), (0.4, 0.5, 0.35), _WOOD),
    Obstacle(Position(42.0, -2.2, 0.0), (1.6, 0.45, 0.42), _WOOD),
    Obstacle(Position(48.6, 1.55, 0.0), (0.9, 0.4, 0.3), _GREY),
)


def sidewalk_world(time_of_day: str = 'day') -> World:
    """Return the street of the demo: 30 s past signs and changing lights.

    The robot drives on the right pavement at 2.1 m/s, waits at a light that turns from green
    over yellow to red, and goes on at green. Every label is shown, and stretches without any.

    Args:
        time_of_day: one of `TIMES_OF_DAY`.

    Raises:
        PerceptionError: there is no such time of day.
    """
    if time_of_day not in _LIGHTING:
        raise PerceptionError(
            f"there is no time of day '{time_of_day}': take {' or '.join(TIMES_OF_DAY)}"
        )
    boards = [
        Signal(
            f'{label}_{index}',
            (Phase(label, 1.0),),
            variant,
            Position(x, y, 1.85 + 0.06 * (index % 3)),
            TO_ROBOT,
            0.6,
        )
        for index, (label, variant, x, y) in enumerate(_SIGNS)
    ]
    light = Signal('light', _PROGRAMME, 0, Position(30.2, _LEFT, 1.95), TO_ROBOT, 0.85)
    street = furnish(
        'sidewalk',
        [*boards, light],
        route=_ROUTE,
        lighting=_LIGHTING[time_of_day],
        crossings=(_CROSSING,),
        seed=11,
    )
    return street._replace(obstacles=_OBSTACLES)


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
    return Signal(name, programme, int(rng.integers(variant_count(label))), position, yaw, size)


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
