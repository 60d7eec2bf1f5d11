# SPDX-License-Identifier: Apache-2.0
"""The drawn street: signals, a world to drive through, and the camera that sees it."""

from mobilenet_perception.street.camera import Box, PinholeCamera, Pose, camera_at
from mobilenet_perception.street.drive import Drive
from mobilenet_perception.street.regions import Region, Truth, truth_of, truth_of_signal
from mobilenet_perception.street.renderer import Renderer
from mobilenet_perception.street.signals import (
    BACKGROUND,
    LABELS,
    SIGNAL_LABELS,
    TRAFFIC_LIGHTS,
    draw_signal,
    extent,
    variant_count,
)
from mobilenet_perception.street.streets import TIMES_OF_DAY, random_world, sidewalk_world
from mobilenet_perception.street.world import Mount, Phase, Position, Signal, World

__all__ = [
    'BACKGROUND',
    'LABELS',
    'SIGNAL_LABELS',
    'TIMES_OF_DAY',
    'TRAFFIC_LIGHTS',
    'Box',
    'Drive',
    'Mount',
    'Phase',
    'PinholeCamera',
    'Pose',
    'Position',
    'Region',
    'Renderer',
    'Signal',
    'Truth',
    'World',
    'camera_at',
    'draw_signal',
    'extent',
    'random_world',
    'sidewalk_world',
    'truth_of',
    'truth_of_signal',
    'variant_count',
]
