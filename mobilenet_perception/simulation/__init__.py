# SPDX-License-Identifier: Apache-2.0
"""The project's own drawings: signals, a street to drive through, and the camera that sees it."""

from mobilenet_perception.simulation.camera import Box, Camera, ImagePoint, Pose
from mobilenet_perception.simulation.drive import Drive, DriveFrame
from mobilenet_perception.simulation.labels import BACKGROUND, LABELS, SIGNAL_LABELS
from mobilenet_perception.simulation.renderer import Renderer
from mobilenet_perception.simulation.sidewalk import TIMES_OF_DAY, sidewalk_world
from mobilenet_perception.simulation.signals import draw_signal, extent, variants
from mobilenet_perception.simulation.streets import random_world
from mobilenet_perception.simulation.world import Phase, Position, Signal, World

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
