# SPDX-License-Identifier: Apache-2.0
"""Foreign recordings, of ROS 1 or Foxglove: told from damaged ones, and what to do with them."""

from pathlib import Path

from mobilenet_perception.errors import PerceptionError

ROS1_SUFFIXES = ('.bag', '.bag.active')
"""Of ROS 1's own format; `.active` is what a killed `rosbag record` leaves."""

_ROS1_ENCODING = 'ros1'


def is_ros1_bag(path: Path) -> bool:
    """Say whether a file is named as a bag of ROS 1."""
    return path.name.endswith(ROS1_SUFFIXES) and path.is_file()


def ros1_error(path: Path) -> PerceptionError:
    """Return what to tell of a bag of ROS 1."""
    new = path.with_name(path.name.partition('.bag')[0])
    first = f'`rosbag reindex {path}`, then ' if path.name.endswith('.active') else ''
    return PerceptionError(
        f'{path} is a bag of ROS 1: turn it into one of ROS 2 with {first}'
        f'`rosbags-convert --src {path} --dst {new}` (it comes with rosbags)'
    )


def foreign_mcap_error(path: Path, encodings: set[str]) -> PerceptionError:
    """Return what to tell of an MCAP file none of whose messages are in ROS 2's CDR.

    Args:
        path: the file.
        encodings: how its messages are serialised, as its channels or its profile say.
    """
    if _ROS1_ENCODING in encodings:
        return PerceptionError(
            f'{path} is a recording of ROS 1 in an MCAP file: turn the .bag that it was made from '
            'into a bag of ROS 2 with `rosbags-convert --src FILE.bag --dst FOLDER`'
        )
    kinds = ', '.join(sorted(encodings - {''})) or 'no known form'
    return PerceptionError(
        f'{path} is an MCAP file of Foxglove or another program, with messages in {kinds}, not a '
        "recording of ROS 2: record the camera with `ros2 bag record -s mcap`, or, of ROS 1's "
        'bags, turn the .bag into one of ROS 2 with `rosbags-convert`'
    )
