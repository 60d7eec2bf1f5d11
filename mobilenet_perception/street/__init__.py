# SPDX-License-Identifier: Apache-2.0
"""The project's own drawings: signals, a street to drive through, and the camera that sees it."""

from mobilenet_perception.street.camera import Box, Camera, ImagePoint, Pose
from mobilenet_perception.street.drive import Drive, DriveFrame
from mobilenet_perception.street.renderer import Renderer
from mobilenet_perception.street.sidewalk import TIMES_OF_DAY, sidewalk_world
from mobilenet_perception.street.signals import (
    BACKGROUND,
    LABELS,
    SIGNAL_LABELS,
    draw_signal,
    extent,
    variants,
)
from mobilenet_perception.street.streets import random_world
from mobilenet_perception.street.world import Phase, Position, Signal, World

__all__ = [
    'BACKGROUND',
    'LABELS',
    'SIGNAL_LABELS',
    'TIMES_OF_DAY',
    'Box',
    'Camera',
    'Drive',
    'DriveFrame',
    'ImagePoint',
    'Phase',
    'Pose',
    'Position',
    'Renderer',
    'Signal',
    'World',
    'draw_signal',
    'extent',
    'random_world',
    'sidewalk_world',
    'variants',
]
