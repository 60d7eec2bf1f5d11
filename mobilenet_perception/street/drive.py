# SPDX-License-Identifier: Apache-2.0
"""A drive through a world: the frames of the robot's camera, with the right answers."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames import RegionOfInterest
from mobilenet_perception.street.camera import PinholeCamera, camera_at
from mobilenet_perception.street.regions import Truth, plan_regions, truth_of
from mobilenet_perception.street.renderer import Renderer
from mobilenet_perception.street.world import World

# Pitch of a robot on slabs: amplitude in radians at 1 m/s, and frequencies in Hz.
_SHAKE = 0.0016
_SHAKE_HZ = (2.3, 5.1, 8.9)
_EXPOSURE = 0.012
_MAX_BLUR = 4


class DriveFrame(NamedTuple):
    """One frame of a drive.

    Attributes:
        index: from 0.
        time_ns: time of capture since the start of the drive.
        image: (height, width, 3) uint8 RGB.
        truth: label of the signal in the region of interest, `background` where none is.
        clear: whether it is shown clearly: near enough, whole, uncovered, not just changing.
        roi: region of interest as a robot with a map sets it.
    """

    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody needs here
    time_ns: int
    image: npt.NDArray[np.uint8]
    truth: str
    clear: bool
    roi: RegionOfInterest


class Drive:
    """Frames of a drive, in turn or in any order; the same arguments give the same pixels."""

    def __init__(
        self,
        world: World,
        seconds: float = 30.0,
        rate_hz: float = 30.0,
        *,
        width: int = 640,
        height: int = 480,
        seed: int = 0,
    ) -> None:
        """Prepare a drive along a world's route; after its end the robot stands there.

        Args:
            world: what to drive through.
            seconds: how long.
            rate_hz: frames a second.
            width: of the images in pixels.
            height: of the images in pixels.
            seed: of textures, vibration and the sensor's noise.

        Raises:
            PerceptionError: the drive would have no frame, or the images no pixel.
        """
        if not (seconds > 0 and rate_hz > 0 and seconds * rate_hz >= 1):
            raise PerceptionError(
                f'a drive of {seconds} s at {rate_hz} Hz has no frame: give both above 0'
            )
        if min(width, height) < 32:
            raise PerceptionError(
                f'images of {width}x{height} pixels are too small to draw: 32x32 or more'
            )
        self.world = world
        self.rate_hz = rate_hz
        self._size = (width, height)
        self._count = round(seconds * rate_hz)
        self._seed = seed
        self._phases = np.random.default_rng([seed, 6]).uniform(0, 2 * math.pi, len(_SHAKE_HZ))
        self._renderer: Renderer | None = None
        times = np.arange(self._count) / rate_hz
        shakes = self._shake(times)
        self._smear = np.abs(self._shake(times + _EXPOSURE) - shakes)
        # The map knows the way, not the vibration.
        on_map = [
            camera_at(x, y, yaw, world.mount, self._size)
            for x, y, yaw in world.route_over(times).tolist()
        ]
        self._cameras = [
            camera._replace(pose=camera.pose._replace(pitch=camera.pose.pitch + shake))
            for camera, shake in zip(on_map, shakes.tolist(), strict=True)
        ]
        self._regions = plan_regions(on_map, world.signals, rate_hz)

    def __len__(self) -> int:
        """Return the number of frames."""
        return self._count

    def __iter__(self) -> Iterator[DriveFrame]:
        """Draw all frames in turn."""
        return (self.frame(index) for index in range(self._count))

    def frame(self, index: int) -> DriveFrame:
        """Draw one frame.

        Args:
            index: 0 to `len(self) - 1`.

        Raises:
            IndexError: there is no such frame.
        """
        truth = self.truth(index)
        seconds = index / self.rate_hz
        if self._renderer is None:
            self._renderer = Renderer(self.world, self._seed)
        camera = self.camera(index)
        blur = min(_MAX_BLUR, round(float(self._smear[index]) * camera.focal_length))
        return DriveFrame(
            index,
            self.time_ns(index),
            self._renderer.render(camera, seconds, blur),
            truth.label,
            truth.clear,
            self._regions[index].roi,
        )

    def truth(self, index: int) -> Truth:
        """Return the right answer for a frame without drawing it.

        Args:
            index: 0 to `len(self) - 1`.

        Raises:
            IndexError: there is no such frame.
        """
        if not 0 <= index < self._count:
            raise IndexError(f'frame {index} of a drive of {self._count} frames')
        seconds = index / self.rate_hz
        return truth_of(self.world, self.camera(index), seconds, self._regions[index])

    def time_ns(self, index: int) -> int:
        """Return when a frame is captured, since the start of the drive."""
        return round(index / self.rate_hz * 1e9)

    def roi(self, index: int) -> RegionOfInterest:
        """Return the region of interest of a frame without drawing it."""
        return self._regions[index].roi

    def camera(self, index: int) -> PinholeCamera:
        """Return the camera of a frame, vibration included."""
        return self._cameras[index]

    def _shake(self, times: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return how far the camera nods at times, in radians: more the faster it drives."""
        way = self.world.route_over(times + 0.05) - self.world.route_over(times - 0.05)
        speed = np.hypot(way[:, 0], way[:, 1]) / 0.1
        waves = np.zeros_like(times)
        for i, (hz, phase) in enumerate(zip(_SHAKE_HZ, self._phases.tolist(), strict=True)):
            waves += np.sin(2 * math.pi * hz * times + phase) / (1 + i)
        return _SHAKE * speed * waves
