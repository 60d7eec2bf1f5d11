# SPDX-License-Identifier: Apache-2.0
"""A map of signals: where each appears in a frame, by the robot's pose and the camera's own.

It is of the room of frames: it says where in the pixels of a frame to look, needs OpenCV alone,
and both the node `signal_regions` and what draws or drives a street stand above it. The street
must not be needed for it, since the street's truth is what it is judged by.
"""

from mobilenet_perception.frames.signal_map.camera_model import CameraInfo, CameraModel
from mobilenet_perception.frames.signal_map.pose import (
    CameraMount,
    MapPose,
    PoseTrack,
    mount_of,
    planar_pose,
    rotation_of_quaternion,
)
from mobilenet_perception.frames.signal_map.project import (
    SignalRegion,
    ViewRules,
    signals_in_view,
)
from mobilenet_perception.frames.signal_map.signal_map import (
    MapSignal,
    SignalMap,
    read_signal_map,
    signal_map_text,
)

__all__ = [
    'CameraInfo',
    'CameraModel',
    'CameraMount',
    'MapPose',
    'MapSignal',
    'PoseTrack',
    'SignalMap',
    'SignalRegion',
    'ViewRules',
    'mount_of',
    'planar_pose',
    'read_signal_map',
    'rotation_of_quaternion',
    'signal_map_text',
    'signals_in_view',
]
