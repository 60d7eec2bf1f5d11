# SPDX-License-Identifier: Apache-2.0
"""ROS itself: whether it starts here, and has the messages that the node publishes."""

from collections.abc import Iterator

from mobilenet_perception.doctor.finding import MACHINE, Finding, fine, wrong
from mobilenet_perception.doctor.machine_facts import MachineFacts


def check_ros(facts: MachineFacts) -> Iterator[Finding]:
    """Say whether ROS starts."""
    said = facts.ros.get('version', '')
    if said:
        yield wrong(
            'ros', MACHINE, f'ROS 2 does not start ({said.removeprefix("broken: ")})',
            'source a ROS 2 installation (. /opt/ros/<distribution>/setup.bash) or run '
            '`make setup`; unset RMW_IMPLEMENTATION, or install what it names',
        )  # fmt: skip
    elif trouble := facts.trouble('vision_msgs'):
        yield wrong(
            'ros', MACHINE, f'the messages vision_msgs cannot be used ({trouble})',
            'install them: apt install ros-$ROS_DISTRO-vision-msgs',
        )  # fmt: skip
    else:
        yield fine('ros', MACHINE, f'ROS 2 starts ({facts.ros.get("rmw", "")})')
