# SPDX-License-Identifier: Apache-2.0
"""The world of a street: what stands where, how signals change, where the robot drives.

Plain data, so that the same street can be drawn here and built in another simulator. Axes
follow ROS REP 103: x ahead along the street, y to the left, z up, metres and radians. The
ground is z = 0; time starts at 0 with the robot's route.
"""

import math
from bisect import bisect_right
from itertools import accumulate
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mobilenet_perception.street.shapes import Colour

# A route's speed steps are smoothed over this long, seconds.
_ROUTE_SMOOTHING = 0.6


class Position(NamedTuple):
    """A point, in metres."""

    x: float
    y: float
    z: float


class Phase(NamedTuple):
    """What a signal shows, and for how many seconds."""

    label: str
    seconds: float


class Signal(NamedTuple):
    """A sign or a traffic light on a square board that stands upright.

    Attributes:
        name: unique in its world.
        programme: phases shown in turn, repeated for ever; a sign has one.
        variant: which drawing of the label, see `signals.draw_signal`.
        position: centre of the board.
        yaw: direction that the board faces; pi looks back at who drives along the street.
        size: side of the square board in metres.
    """

    name: str
    programme: tuple[Phase, ...]
    variant: int
    position: Position
    yaw: float
    size: float

    def label_at(self, seconds: float) -> str:
        """Return the label shown at a time."""
        return self.programme[self._phase_at(seconds)[0]].label

    def seconds_to_change(self, seconds: float) -> float:
        """Return the time to the nearest change, past or coming; infinite for a sign."""
        if len(self.programme) < 2:
            return math.inf
        index, into = self._phase_at(seconds)
        return min(into, self.programme[index].seconds - into)

    def _phase_at(self, seconds: float) -> tuple[int, float]:
        ends = list(accumulate(phase.seconds for phase in self.programme))
        into = seconds % ends[-1]
        index = min(bisect_right(ends, into), len(ends) - 1)
        return index, into - (ends[index - 1] if index else 0.0)


class Post(NamedTuple):
    """A round pole: `position` is its foot, lengths in metres, colour RGB."""

    position: Position
    height: float
    radius: float
    colour: Colour


class Tree(NamedTuple):
    """A tree: `position` is its foot, `height` includes the crown; `shape` chooses its looks."""

    position: Position
    height: float
    shape: int


class Obstacle(NamedTuple):
    """A box on the ground, its sides along x and y.

    Attributes:
        position: middle of its foot.
        size: along x, y and z, metres.
        colour: RGB.
    """

    position: Position
    size: tuple[float, float, float]
    colour: Colour

    def corners(self) -> list[Position]:
        """Return its corners: four at the foot, then those above them, turning to the left."""
        x, y, z = self.position
        half_x, half_y = self.size[0] / 2, self.size[1] / 2
        around = ((-half_x, -half_y), (half_x, -half_y), (half_x, half_y), (-half_x, half_y))
        return [
            Position(x + by_x, y + by_y, z + up)
            for up in (0.0, self.size[2])
            for by_x, by_y in around
        ]


class Building(NamedTuple):
    """A house in a row along the street.

    Attributes:
        start: x of its near end.
        end: x of its far end.
        facade_y: y of the front.
        depth: how far it reaches away from the street.
        height: of the front, roof's edge included.
        colour: RGB of the plaster.
        style: chooses windows, doors and roof.
    """

    start: float
    end: float
    facade_y: float
    depth: float
    height: float
    colour: Colour
    style: int


class Ground(NamedTuple):
    """The street's cross-section, the same all along: y of its edges, from right to left.

    Attributes:
        start: x where the ground begins.
        end: x where it ends.
        facade_right: edge of the pavement at the houses on the right.
        kerb_right: kerb between this pavement and the road.
        kerb_left: kerb on the far side of the road.
        facade_left: houses on the left.
        crossings: (start, end) in x of side streets that cut the right pavement.
    """

    start: float
    end: float
    facade_right: float
    kerb_right: float
    kerb_left: float
    facade_left: float
    crossings: tuple[tuple[float, float], ...]


class Lighting(NamedTuple):
    """Daylight.

    Attributes:
        brightness: exposure of what the sun lights, 1 being a bright overcast day.
        warmth: -1 (blue shade) to 1 (evening sun).
        sky: RGB overhead.
        horizon: RGB of the sky at the horizon, and of haze.
        clouds: 0 (clear) to 1 (covered).
    """

    brightness: float
    warmth: float
    sky: Colour
    horizon: Colour
    clouds: float


class Waypoint(NamedTuple):
    """Where the robot is at a time: seconds, metres, radians."""

    seconds: float
    x: float
    y: float
    yaw: float


class Mount(NamedTuple):
    """How a camera sits on the robot: metres above ground, radians; positive pitch is down.

    It sits above the robot's own place, and `yaw` is its direction from the robot's, to the left.
    """

    height: float = 0.7
    pitch: float = -0.14
    horizontal_fov: float = 1.2
    yaw: float = 0.0


class World(NamedTuple):
    """A street, all that stands in it, and the robot's route through it."""

    name: str
    ground: Ground
    lighting: Lighting
    signals: tuple[Signal, ...]
    posts: tuple[Post, ...]
    trees: tuple[Tree, ...]
    buildings: tuple[Building, ...]
    route: tuple[Waypoint, ...]
    mount: Mount = Mount()
    obstacles: tuple[Obstacle, ...] = ()

    def route_at(self, seconds: float) -> Waypoint:
        """Return the robot's place at a time, its speed steps smoothed.

        Before the first and after the last waypoint the robot stands there.
        """
        x, y, yaw = self.route_over(np.array([seconds]))[0].tolist()
        return Waypoint(seconds, x, y, yaw)

    def route_over(self, seconds: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return x, y and yaw at many times, (n,) in seconds, as (n, 3)."""
        half = _ROUTE_SMOOTHING / 2
        window = seconds[:, None] + np.linspace(-half, half, 13)
        route = np.array(self.route)
        return np.stack(
            [np.interp(window, route[:, 0], route[:, i]).mean(axis=1) for i in (1, 2, 3)], axis=1
        )
