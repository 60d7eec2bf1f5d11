# SPDX-License-Identifier: Apache-2.0
"""Foreign recordings, of ROS 1 or Foxglove: told from damaged ones, and what to do with them."""

from pathlib import Path

from mobilenet_perception.errors import PerceptionError

ROS1_SUFFIXES = ('.bag', '.bag.active')
"""Of ROS 1's own format; `.active` is what a killed `rosbag record` leaves."""

_ROS1_ENCODING = 'ros1'
_ROS1_MAGIC = b'#ROSBAG V'


def is_ros1_bag(path: Path) -> bool:
    """Say whether a file is named as a bag of ROS 1, or begins as one, whatever its name."""
    if not path.is_file():
        return False
    if path.name.lower().endswith(ROS1_SUFFIXES):
        return True
    try:
        with path.open('rb') as stream:
            return stream.read(len(_ROS1_MAGIC)) == _ROS1_MAGIC
    except OSError:
        return False


def ros1_error(path: Path) -> PerceptionError:
    """Return what to tell of a bag of ROS 1."""
    end = path.name.lower().find('.bag')
    new = path.with_name(path.name[:end] if end > 0 else path.stem)
    bag = new.with_name(f'{new.name}.bag')
    steps = [f'`rosbag reindex {path}`'] if path.name.lower().endswith('.active') else []
    # rosbags tells recordings of ROS 1 by this ending.
    steps += [f'`mv {path} {bag}`'] if path != bag else []
    steps.append(f'`rosbags-convert --src {bag} --dst {new}`')
    return PerceptionError(
        f'{path} is a bag of ROS 1: turn it into one of ROS 2 with {", then ".join(steps)} (it '
        'comes with rosbags)'
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
