# SPDX-License-Identifier: Apache-2.0
"""The environment in which ROS processes of this machine find each other, and lose no images."""

import importlib.metadata
import importlib.util
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.system.files import share_folder

# Image buffers stay with the process instead of going back to the kernel after each frame, which
# costs a page fault per 4 KB: 22.8 to 5 ms of CPU for each 1080p frame.
MALLOC_SETTINGS = {'MALLOC_MMAP_THRESHOLD_': '268435456', 'MALLOC_TRIM_THRESHOLD_': '1073741824'}
# The first major version of rclpy in each distribution that may come without ROS_DISTRO.
_RCLPY = ((10, 'lyrical'), (8, 'kilted'), (0, 'jazzy'))


def ros_environment(
    domain_id: int,
    localhost: bool = True,
    base: Mapping[str, str] = os.environ,
) -> dict[str, str]:
    """Return an environment for ROS processes that talk to each other on this machine.

    What the user has set stays, except what keeps these processes to themselves: the domain and,
    with `localhost`, the range of discovery and the Fast DDS profile. A ROS 2 installation that is
    sourced stays as it is; where ROS 2 comes from wheels, which set no AMENT_PREFIX_PATH, the
    virtual environment joins it.

    Args:
        domain_id: ROS_DOMAIN_ID, 0 to 232.
        localhost: True: nothing leaves the machine; False: other machines may take part.
        base: the environment to start from.

    Raises:
        PerceptionError: the domain is out of range.
    """
    if not 0 <= domain_id <= 232:
        raise PerceptionError(f'the ROS domain is {domain_id}: choose one of 0 to 232')
    environment = {**MALLOC_SETTINGS, **base}
    environment['ROS_DOMAIN_ID'] = str(domain_id)
    if localhost:
        environment.update(_localhost(base))
    profile = share_folder() / 'config' / _profile_name(localhost)
    variable = profile_variable(base)
    if localhost or variable not in base:
        environment[variable] = str(profile)
    if _ros_is_from_wheels():
        prefixes = [path for path in base.get('AMENT_PREFIX_PATH', '').split(os.pathsep) if path]
        if sys.prefix not in prefixes:
            prefixes.append(sys.prefix)
        environment['AMENT_PREFIX_PATH'] = os.pathsep.join(prefixes)
    return environment


def profile_variable(base: Mapping[str, str] = os.environ) -> str:
    """Return the variable in which Fast DDS looks for its profile.

    It was renamed after Jazzy, and newer ones warn of the old name in every process.
    """
    old = ros_distribution(base) in ('humble', 'iron', 'jazzy')
    return 'FASTRTPS_DEFAULT_PROFILES_FILE' if old else 'FASTDDS_DEFAULT_PROFILES_FILE'


def ros_distribution(base: Mapping[str, str] = os.environ) -> str:
    """Return the ROS 2 distribution that is sourced, or whose wheels are installed, or nothing."""
    return base.get('ROS_DISTRO') or _wheels_distribution()


def _localhost(base: Mapping[str, str]) -> dict[str, str]:
    # The variable of Iron and newer; Humble knows only the older one, which newer ones warn of.
    if base.get('ROS_DISTRO') == 'humble':
        return {'ROS_LOCALHOST_ONLY': '1'}
    return {'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST'}


def _profile_name(localhost: bool) -> str:
    return 'fastdds_localhost.xml' if localhost else 'fastdds_large_images.xml'


def _wheels_distribution() -> str:
    try:
        version = importlib.metadata.version('ros-rclpy')
    except importlib.metadata.PackageNotFoundError:
        return ''
    major = int(version.split('.')[0])
    return next(name for first, name in _RCLPY if major >= first)


def _ros_is_from_wheels() -> bool:
    found = importlib.util.find_spec('rclpy')
    return bool(found and found.origin and Path(found.origin).is_relative_to(sys.prefix))
