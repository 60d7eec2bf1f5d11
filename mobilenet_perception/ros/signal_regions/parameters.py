# SPDX-License-Identifier: Apache-2.0
"""Parameters of the node `signal_regions`: names, defaults, ranges, units, and what is refused."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from mobilenet_perception.frames.signal_map import CameraMount, ViewRules, mount_of
from mobilenet_perception.pipeline.parameters import Specification, refusal

# The mount that is none: the pose is the camera's own.
NO_MOUNT = [0.0] * 6

_RULES = ViewRules()
SIGNAL_REGIONS_PARAMETERS: Mapping[str, Specification] = {
    'map_file': Specification('', 'YAML file of the signals', read_only=True),
    'cameras': Specification(['camera'], 'names of the cameras', read_only=True),
    'pose_topic': Specification(
        '',
        "topic of the robot's pose in the map: PoseStamped, PoseWithCovarianceStamped or "
        'Odometry; empty: TF',
        read_only=True,
    ),
    'pose_max_age_ms': Specification(
        200.0,
        'time between the stamps of image and nearest pose above which there are no regions, in '
        'ms',
        1.0,
        60_000.0,
        read_only=True,
    ),
    'position_sigma_m': Specification(
        0.05,
        "standard deviation of the robot's place where its source states none, in metres",
        0.0,
        10.0,
        read_only=True,
    ),
    'rotation_sigma_deg': Specification(
        0.5,
        "standard deviation of the robot's rotation likewise, in degrees",
        0.0,
        45.0,
        read_only=True,
    ),
    'tilt_sigma_deg': Specification(
        _RULES.tilt_sigma_deg,
        'standard deviation of roll and pitch beside that: a robot nods, in degrees',
        0.0,
        45.0,
        read_only=True,
    ),
    'sigmas': Specification(
        _RULES.sigmas, 'standard deviations by which regions are grown', 0.0, 5.0, read_only=True
    ),
    'max_distance_m': Specification(
        _RULES.max_distance_m,
        'distance from the camera above which a signal is left out, in metres',
        0.1,
        1000.0,
        read_only=True,
    ),
    'max_angle_deg': Specification(
        _RULES.max_angle_deg,
        'angle from the front above which a signal counts as turned away, in degrees',
        1.0,
        89.0,
        read_only=True,
    ),
    'min_pixels': Specification(
        _RULES.min_pixels,
        'shorter side below which a signal is left out, in pixels',
        1.0,
        10_000.0,
        read_only=True,
    ),
    'min_visible': Specification(
        _RULES.min_visible,
        'share of a signal that must lie in the image, 0 to 1',
        0.0,
        1.0,
        read_only=True,
    ),
}


def mapped_camera_parameters(camera: str) -> dict[str, Specification]:
    """Return the parameters of one camera of this node, by full name."""
    return {
        f'{camera}.camera_info_topic': Specification(
            f'/{camera}/camera_info',
            "topic of the camera's calibration",
            is_name=True,
            read_only=True,
        ),
        f'{camera}.rectified': Specification(
            False, 'whether its images are rectified, as those of image_rect', read_only=True
        ),
        f'{camera}.mount': Specification(
            NO_MOUNT,
            'with pose_topic: [x, y, z, roll, pitch, yaw] of the camera on the robot, its x along '
            'the view, in metres and radians',
            read_only=True,
        ),
        f'{camera}.optical_frame': Specification(
            '', 'with TF: its frame, z along the view; empty: that of its camera_info',
            read_only=True,
        ),
    }  # fmt: skip


def signal_regions_refusal(name: str, specification: Specification, value: Any) -> str:
    """Say why a value is not allowed and what is; empty when it is allowed."""
    if name == 'map_file' and value == '':
        return 'map_file is empty: give the path of a YAML file of signals'
    if name == 'pose_topic' and value:
        specification = specification._replace(is_name=True)
    if name.endswith('.mount'):
        refused = (
            f'{name} must be six numbers [x, y, z, roll, pitch, yaw] in metres and radians; it is '
            f'{value!r}'
        )
        return '' if _is_mount(value) else refused
    return refusal(name, specification, value)


def mount_parameter(value: Iterable[float]) -> CameraMount:
    """Return the mount that `<camera>.mount` states."""
    x, y, z, roll, pitch, yaw = value
    return mount_of(x, y, z, roll, pitch, yaw)


def view_rules(values: Mapping[str, Any]) -> ViewRules:
    """Return the rules that the parameters state."""
    return ViewRules(**{name: values[name] for name in ViewRules._fields})


def _is_mount(value: Any) -> bool:
    if not isinstance(value, Iterable) or isinstance(value, str):
        return False
    numbers = list(value)
    are_numbers = all(type(number) in (int, float) for number in numbers)
    return are_numbers and len(numbers) == 6 and all(map(math.isfinite, numbers))
