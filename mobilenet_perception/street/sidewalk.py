# SPDX-License-Identifier: Apache-2.0
"""The street of the demo, of its tests and of the Gazebo simulation."""

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.street.shapes import Colour
from mobilenet_perception.street.signals import TRAFFIC_LIGHTS
from mobilenet_perception.street.streets import TO_ROBOT, furnish
from mobilenet_perception.street.world import (
    Lighting,
    Obstacle,
    Phase,
    Position,
    Signal,
    Waypoint,
    World,
)

_LIGHTING = {
    'day': Lighting(0.98, 0.25, (104, 154, 216), (208, 220, 232), 0.5),
    'dusk': Lighting(0.62, 0.85, (86, 96, 142), (222, 164, 122), 0.35),
}
TIMES_OF_DAY = tuple(_LIGHTING)

_CROSSING = (25.6, 29.2)
_NEAR, _FAR = 1.3, -1.35
# Label, variant, x and y.
_SIGNS = (
    ('pedestrians', 0, 10.2, _NEAR),
    ('speed_limit', 0, 13.5, _FAR),
    ('bicycles_crossing', 0, 16.8, _NEAR),
    ('other_sign', 2, 20.1, _FAR),
    ('stop', 0, 33.6, _FAR),
    ('children_crossing', 0, 36.9, _NEAR),
    ('yield', 0, 40.2, _FAR),
    ('no_entry', 0, 43.5, _NEAR),
    ('road_work', 0, 46.8, _FAR),
    ('general_caution', 0, 50.1, _NEAR),
    ('priority_road', 0, 53.4, _FAR),
)
_RED, _YELLOW, _GREEN = TRAFFIC_LIGHTS
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
    light = Signal('light', _PROGRAMME, 0, Position(30.2, _NEAR, 1.95), TO_ROBOT, 0.85)
    street = furnish(
        'sidewalk',
        [*boards, light],
        route=_ROUTE,
        lighting=_LIGHTING[time_of_day],
        crossings=(_CROSSING,),
        seed=11,
    )
    return street._replace(obstacles=_OBSTACLES)
